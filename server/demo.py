"""`holdspace demo`: a whole call to try on one machine, with company for one.

It runs the real server on a database that is gone afterwards, schedules a call through the public API, and
starts the company as a process of its own: clients of the public protocol, never a shortcut inside the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from aiohttp import web

from server import logs
from server.app import make_app
from server.calls_client import CallsClientError, ask
from server.command_options import distance_options, read_settings
from server.demo_words import InvitedPerson, port_taken, welcome
from server.known_formats import faults_are_told, known_formats, schedulable
from server.loops import new_loop, spare_what_is_loaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from server.settings import Settings

DEFAULT_PORT = 8080
PORTS_TRIED = 20
SHUTDOWN_S = 3.0
COMPANY_LEAVES_S = 5.0
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - recognised, not bound
CALL = {
    "title": "A first conversation",
    "duration_minutes": 50,
    "format": "timed-turns",
    "turn_seconds": 180,
    "participants": [
        {"role": "partner", "name": "Partner A"},
        {"role": "partner", "name": "Partner B"},
        {"role": "therapist", "name": "Therapist"},
    ],
}


@click.command()
@click.option(
    "--with-company/--alone",
    "with_company",
    default=True,
    help="Whether simulated participants take the two other seats (they do unless told otherwise).",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help=f"TCP port; without it, {DEFAULT_PORT} or the next one that is free.",
)
@click.option("--format", "form", help="How people will talk (`holdspace formats list`).")
@distance_options
def demo(
    host: str,
    port: int | None,
    form: str | None,
    distance: str,
    room_minimum: str,
    *,
    with_company: bool,
) -> None:
    """Try a whole call on this machine, with company if you are alone."""
    with listening_socket(host, port) as listener, tempfile.TemporaryDirectory(prefix="holdspace-") as data:
        found = listener.getsockname()[1]
        if port is None and found != DEFAULT_PORT:
            click.echo(port_taken(DEFAULT_PORT, found))
        settings = demo_settings(host, found, Path(data))
        logs.configure(settings)
        with faults_are_told(), asyncio.Runner(loop_factory=new_loop) as runner:
            call = {**CALL, **_format(form, settings), "distance": distance, "room_minimum": room_minimum}
            runner.run(run_demo(settings, listener, call, with_company=with_company))


def _format(name: str | None, settings: Settings) -> dict[str, object]:
    """How the demo's call is held, with the format's usual turns. Raises click.BadParameter."""
    if name is None:
        return {}
    formats = known_formats(settings)
    if name not in schedulable(formats):
        raise click.BadParameter(f"there is {', '.join(schedulable(formats))}", param_hint="--format")
    return {"format": name, "turn_seconds": formats[name].turn_seconds}


def listening_socket(host: str, port: int | None) -> socket.socket:
    """Take the port that was asked for, or the first free one from the default on. Raises ClickException."""
    candidates = [port] if port else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    for candidate in candidates:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, candidate), family=family)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise click.ClickException(f"Can't listen on {host}: {error.strerror}.") from None
    if port:
        raise click.ClickException(f"Port {port} is in use. Choose another, or leave --port out.")
    raise click.ClickException(
        f"Ports {candidates[0]} to {candidates[-1]} are all in use. Choose one with --port."
    )


def demo_settings(host: str, port: int, data_dir: Path) -> Settings:
    """The operator's settings, with what makes a demo put over them. Raises click.UsageError."""
    reachable = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return read_settings(
        host=host,
        port=port,
        public_url=f"http://{reachable}:{port}",
        data_dir=data_dir,
        database_url="",
        organizer_key=None,
        open_scheduling=True,
        max_therapists=1,
        log_level="warning",
    )


async def run_demo(
    settings: Settings, listener: socket.socket, call: Mapping[str, object], *, with_company: bool
) -> None:
    """Serve, schedule, say how to try it, keep company, until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings, listener):
        people = await schedule(settings.base_url, call)
        click.echo(welcome(settings.base_url, people, with_company=with_company))
        async with company_of([person.link for person in people[1:]] if with_company else []):
            await stop.wait()
            click.echo("\nThe demo ends. Thank you for trying it.")


@contextlib.asynccontextmanager
async def serving(settings: Settings, listener: socket.socket) -> AsyncIterator[None]:
    """Run the real application on a socket that is already bound."""
    app = make_app(settings)
    app.on_startup.append(spare_what_is_loaded)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


async def schedule(base_url: str, wish: Mapping[str, object] = CALL) -> list[InvitedPerson]:
    """Schedule a call for now as any client would; returns partner, partner, therapist."""
    try:
        call = await ask(base_url, None, "POST", "/calls", body=wish)
    except CallsClientError as error:
        raise click.ClickException(str(error)) from None
    return [InvitedPerson(one["role"], one["invitation_url"]) for one in call["participants"]]


@contextlib.asynccontextmanager
async def company_of(links: Sequence[str]) -> AsyncIterator[None]:
    """A process of simulated participants that ends with this context; none for no links.

    It has a session of its own, so that a Ctrl-C reaches it through us, in order. The links travel through a
    pipe: arguments and environments can be read by others.
    """
    if not links:
        yield
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "company", "-", stdin=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        await hand_over(process, links)
        yield
    finally:
        await dismiss(process)


async def hand_over(process: asyncio.subprocess.Process, links: Sequence[str]) -> None:
    """Write the links to the company's standard input, one a line."""
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):  # a company that died at once has said why itself
            process.stdin.write("".join(f"{link}\n" for link in links).encode())
            await process.stdin.drain()
        process.stdin.close()


async def dismiss(process: asyncio.subprocess.Process) -> None:
    """Ask the company to leave; end it if it doesn't."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(COMPANY_LEAVES_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
