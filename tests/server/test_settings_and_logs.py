"""What an operator sets, what the command line says about mistakes, and what logs never show."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from click.testing import CliRunner
from pydantic import SecretStr, ValidationError

from server import logs
from server.__main__ import main, new_loop
from server.secret import Pii, new_token
from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _logging_restored() -> Iterator[None]:
    """Put the root logger and structlog back as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are written the way operators write them."""
    monkeypatch.setenv("HOLDSPACE_MEDIA_ADDRESSES", "10.0.0.1, 10.0.0.2")
    monkeypatch.setenv("HOLDSPACE_MEDIA_PORT_RANGE", "40000-40100")
    monkeypatch.setenv("HOLDSPACE_ICE_SERVERS", '[{"urls": "stun:stun.example.org"}]')
    monkeypatch.setenv("HOLDSPACE_PUBLIC_URL", "https://talk.example.org/")
    monkeypatch.setenv("HOLDSPACE_TRUSTED_PROXIES", "127.0.0.1, fd00::/8")
    settings = Settings()
    assert settings.media_addresses == ("10.0.0.1", "10.0.0.2")
    assert [str(proxy) for proxy in settings.trusted_proxies] == ["127.0.0.1/32", "fd00::/8"]
    assert settings.media_port_range == (40000, 40100)
    assert settings.ice_servers == ({"urls": "stun:stun.example.org"},)
    assert (settings.base_url, settings.https) == ("https://talk.example.org", True)


def test_defaults_are_an_embedded_server() -> None:
    """Nothing needs to be set: this machine alone, an SQLite file, three seats."""
    settings = Settings()
    assert (settings.base_url, settings.https, settings.seats) == ("http://127.0.0.1:8080", False, 3)
    assert settings.store_url == "sqlite+aiosqlite:///var/holdspace.sqlite3"
    assert Settings(host="::1").base_url == "http://[::1]:8080"


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 0},
        {"port": 70000},
        {"public_url": "talk.example.org"},
        {"public_url": "https://talk.example.org/path"},
        {"public_url": "https://user@talk.example.org"},
        {"public_url": "ftp://talk.example.org"},
        {"organizer_key": " "},
        {"organizer_key": "k" * 129},
        {"organizer_key": "a space at its end "},
        {"organizer_key": "two\nlines"},
        {"organizer_key": "schlüssel"},
        {"metrics_key": "k" * 129},
        {"database_url": "sqlite+aiosqlite:///:memory:"},
        {"database_url": "mysql://localhost/calls"},
        {"media_port_range": "40100-40000"},
        {"media_port_range": "40000"},
        {"ice_servers": "stun:x"},
        {"ice_servers": "[1]"},
        {"ice_servers": "[{}]"},
        {"ice_servers": '[{"urls": []}]'},
        {"ice_servers": '[{"urls": ["stun:stun.example.org", 1]}]'},
        {"ice_servers": '[{"urls": "stun:stun.example.org:70000"}]'},
        {"ice_servers": '[{"urls": "https://stun.example.org"}]'},
        {"ice_servers": '[{"urls": "turn:turn.example.org"}]'},
        {"ice_servers": '[{"urls": ["turns:turn.example.org"], "username": "a"}]'},
        {"turn_ttl_minutes": 60},
        {"max_rooms": 0},
        {"max_rooms": 10_001},
        {"max_strangers": -1},
        {"max_kept": 100_001},
        {"max_therapists": 3},
        {"calls_per_hour": -1},
        {"trusted_proxies": "proxy.example.org"},
        {"no_such_setting": 1},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    """A mistake in the configuration stops the start; nothing is guessed."""
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_the_command_line_names_the_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the variable's name, no traceback, and no secret."""
    monkeypatch.setenv("HOLDSPACE_DOOR_MINUTES_BEFORE", "soon")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert "HOLDSPACE_DOOR_MINUTES_BEFORE" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"HOLDSPACE_ORGANISER_KEY": "k"}, "HOLDSPACE_ORGANISER_KEY: there is no such setting; HOLDSPACE_ORGANIZER_KEY?"),
        ({"HOLDSPACE_XYZ": "1"}, "HOLDSPACE_XYZ: there is no such setting"),
        ({"HOLDSPACE_METRICS_KEY": "k" * 129}, "HOLDSPACE_METRICS_KEY: must have at most 128 printable ASCII characters"),
        ({"HOLDSPACE_TURN_URLS": "turn:turn.example.org"}, "HOLDSPACE_TURN_SECRET are set together or not at all"),
        ({"HOLDSPACE_TURN_SECRET": "s"}, "HOLDSPACE_TURN_URLS and HOLDSPACE_TURN_SECRET are set together"),
        ({"HOLDSPACE_TURN_TTL_MINUTES": "60"}, "HOLDSPACE_TURN_TTL_MINUTES: does nothing without HOLDSPACE_TURN_URLS"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_setting_that_would_do_nothing_is_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str, command: str
) -> None:
    """A misspelt name, a key that nobody could show, half a relay: one line that says so, instead of a server without it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())


@pytest.mark.parametrize(
    "servers",
    [
        '[{"urls": ["stun:stun.example.org", "stuns:stun.example.org:5349"]}]',
        '[{"urls": "turns:turn.example.org?transport=tcp", "username": "a", "credential": "b"}]',
    ],
)
def test_ice_servers_that_browsers_take(servers: str) -> None:
    """A STUN server needs nothing; a relay needs a name and a password."""
    assert list(Settings(ice_servers=servers).ice_servers) == json.loads(servers)  # type: ignore[arg-type]


def test_the_longest_key_is_a_key() -> None:
    """What may be set may also be shown."""
    assert Settings(organizer_key=SecretStr("k" * 128)).organizer_key is not None


def test_the_command_line_shows_what_there_is() -> None:
    """Help names each command."""
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(name in output for name in ("serve", "demo", "company"))


def test_the_loop_is_uvloops_where_it_is_installed() -> None:
    """Forwarding costs less on uvloop."""
    loop = new_loop()
    assert type(loop).__module__.startswith("uvloop")
    assert isinstance(loop, asyncio.AbstractEventLoop)
    loop.close()


def test_personal_values_hide_themselves() -> None:
    """A token can't be printed by accident, in whatever way it is formatted."""
    token = new_token()
    assert token.value not in f"{token} {token!r} {token:>60} {[token]}" + "%s" % token  # noqa: UP031 - one of the ways


@pytest.mark.usefixtures("_logging_restored")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_logs_show_nothing_personal(capsys: pytest.CaptureFixture[str], log_format: Any) -> None:
    """Tokens, addresses and SDP are blotted out, in our own lines and in a library's, tracebacks included."""
    token = new_token().value
    personal = [token, "ada@example.org", "192.0.2.7", "2001:db8::7", "a=ice-pwd:secret"]
    logs.configure(Settings(log_format=log_format))
    for text in personal:
        structlog.stdlib.get_logger("ours").warning(f"about {text}", name=Pii("Ada"), more=f"({text})")
        logging.getLogger("library").error("from %s", text)
        logging.getLogger("library").error("failed", exc_info=ValueError(text))
    written = capsys.readouterr().err
    assert not [text for text in [*personal, "Ada"] if text in written]
    assert "ValueError" in written
    if log_format == "json":
        assert {json.loads(line)["level"] for line in written.splitlines()} == {"warning", "error"}
