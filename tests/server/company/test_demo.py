"""`holdspace demo` and `holdspace company` at the command line."""

import asyncio
import contextlib
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import click
import pytest
from click.testing import CliRunner

from server.company import company
from server.demo import DEFAULT_PORT, demo, demo_settings, listening_socket
from server.demo_words import InvitedPerson, welcome

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60.0
LINK = re.compile(r"http://127\.0\.0\.1:\d+/i/[\w-]{43}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m server …` as a process of its own, gone at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *arguments,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def read_until(process: asyncio.subprocess.Process, *wanted: str) -> str:
    """What the process says until every wanted text has been said."""
    said = ""
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        while not all(text in said for text in wanted):
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


def command_lines() -> list[str]:
    """The arguments of every process that can be seen here (none where there is no /proc)."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # a process that ended meanwhile
            lines.append(path.read_text(errors="replace"))
    return lines


async def test_company_joins_a_real_call() -> None:
    """The demo says three links, both guests take their seats on the real server, and Ctrl-C ends it all.

    Meanwhile nobody can read an invitation in the machine's list of processes.
    """
    async with running("demo", "--port", str(free_port())) as process:
        said = await read_until(
            process, "The simulated partner is in the call.", "The simulated therapist is in the call."
        )
        links = set(LINK.findall(said))
        assert len(links) == 3
        assert not any(link.rsplit("/", 1)[1] in line for link in links for line in command_lines())
        process.send_signal(signal.SIGINT)
        rest = await read_until(process, "The demo ends.")
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0
    assert "Traceback" not in said + rest


async def test_alone_means_nobody_else() -> None:
    """With --alone the server answers, the links are said, and no company is started; SIGTERM ends it."""
    port = free_port()
    async with running("demo", "--alone", "--port", str(port)) as process:
        said = await read_until(process, "Ctrl-C ends the demo.")
        assert "company" not in said
        async with (
            asyncio.timeout(DEADLINE_S),
            aiohttp.ClientSession() as session,
            session.get(LINK.findall(said)[0], allow_redirects=False) as response,
        ):
            assert response.status == 303
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0


async def test_the_demos_call_begins_at_the_distance_that_was_asked_for() -> None:
    """`--distance` and `--room-minimum` are the call's own, as its participants are told."""
    arguments = ("--alone", "--port", str(free_port()), "--distance", "soft", "--room-minimum", "veiled")
    arguments += ("--format", "imago")
    async with running("demo", *arguments) as process:
        said = await read_until(process, "Ctrl-C ends the demo.")
        link = LINK.findall(said)[0]
        async with (
            asyncio.timeout(DEADLINE_S),
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
            session.get(link) as page,
        ):
            text = await page.text()
            assert '"distance": "soft"' in text
            assert '"format": "imago"' in text
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            assert await process.wait() == 0


def test_an_unknown_format_is_an_error() -> None:
    """The demo names those that there are, and starts nothing."""
    result = CliRunner().invoke(demo, ["--alone", "--format", "shouting", "--port", str(free_port())])
    assert result.exit_code == 2
    assert "speaker-listener" in result.output


def test_a_busy_port_that_was_asked_for_is_an_error() -> None:
    """An explicit port that is in use ends the demo with a plain sentence, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        result = CliRunner().invoke(demo, ["--port", str(port)])
    assert result.exit_code == 1
    assert result.output == f"Error: Port {port} is in use. Choose another, or leave --port out.\n"


def test_a_busy_default_port_gives_way() -> None:
    """Without --port, the next free port is taken."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(listening_socket("127.0.0.1", None))
        second = stack.enter_context(listening_socket("127.0.0.1", None))
        ports = [first.getsockname()[1], second.getsockname()[1]]
    assert DEFAULT_PORT <= ports[0] < ports[1]


def test_an_address_that_is_not_ours_is_an_error() -> None:
    """A host that can't be listened on is said plainly."""
    with pytest.raises(click.ClickException, match=r"Can't listen on 192\.0\.2\.1"):
        listening_socket("192.0.2.1", free_port())


def test_links_can_be_opened_when_listening_everywhere(tmp_path: Path) -> None:
    """Links name an address that a browser on this machine can open."""
    assert demo_settings("::", 8080, tmp_path).base_url == "http://127.0.0.1:8080"
    assert demo_settings("::1", 8080, tmp_path).base_url == "http://[::1]:8080"


def test_the_operators_own_store_and_key_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A demo never uses the database, the key or the address of the server that is set up here."""
    monkeypatch.setenv("HOLDSPACE_DATABASE_URL", "sqlite+aiosqlite:////srv/real.sqlite3")
    monkeypatch.setenv("HOLDSPACE_ORGANIZER_KEY", "secret")
    monkeypatch.setenv("HOLDSPACE_PUBLIC_URL", "https://talk.example.org")
    settings = demo_settings("127.0.0.1", 8080, tmp_path)
    assert str(tmp_path) in settings.store_url
    assert settings.organizer_key is None
    assert settings.base_url == "http://127.0.0.1:8080"


def test_a_wrong_setting_in_the_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be used is named, without a traceback."""
    monkeypatch.setenv("HOLDSPACE_MEDIA_PORT_RANGE", "9-3")
    with pytest.raises(click.UsageError, match=r"HOLDSPACE_MEDIA_PORT_RANGE: .*lowest port"):
        demo_settings("127.0.0.1", 8080, tmp_path)


@pytest.mark.parametrize("with_company", [True, False])
def test_the_words_say_whose_link_is_whose(with_company: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Every link stands on a line that says whose it is, and where company sits is said only when it does."""
    people = [InvitedPerson(role, f"http://host/i/{role}{number}") for number, role in enumerate(
        ["partner", "partner", "therapist"]
    )]  # fmt: skip
    said = welcome("http://host", people, with_company=with_company)
    lines = {line.rsplit(" ", 1)[-1]: line for line in said.splitlines() if "/i/" in line}
    assert "you, a partner" in lines[people[0].link]
    assert "the other partner" in lines[people[1].link]
    assert "therapist" in lines[people[2].link]
    assert ["company sits here" in lines[one.link] for one in people] == [False, with_company, with_company]


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["http://host/i/" + "x" * 43] * 9])
def test_company_refuses_what_it_cannot_use(arguments: list[str]) -> None:
    """No link, a text that is none, or too many of them: a usage error, and nobody joins."""
    result = CliRunner().invoke(company, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_company_reads_links_from_standard_input() -> None:
    """With - the links come from standard input, and a wrong one is refused without being repeated."""
    result = CliRunner().invoke(company, ["-"], input="secret-nonsense\n")
    assert result.exit_code == 2
    assert "secret-nonsense" not in result.output
