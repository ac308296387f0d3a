"""The command line: `holdspace serve`, `holdspace demo`, `holdspace company`, `holdspace calls`, `holdspace formats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from aiohttp import web

from media.plane.lane.binding import LaneMissingError
from server import logs
from server.app import make_app
from server.calls_command import calls
from server.command_options import read_settings
from server.company import company
from server.demo import demo
from server.formats_command import formats
from server.known_formats import faults_are_told
from server.loops import new_loop, spare_what_is_loaded
from server.sealing import SealError
from server.version import product_version

if TYPE_CHECKING:
    from pathlib import Path

SHUTDOWN_S = 10.0
"""How long answers under way may take once the server is asked to stop."""


@click.group()
@click.version_option(product_version(), prog_name="holdspace")
def main() -> None:
    """A mediated video call for couples' hard conversations."""


@main.command()
@click.option("--host", help="Address to listen on (HOLDSPACE_HOST).")
@click.option("--port", type=int, help="TCP port to listen on (HOLDSPACE_PORT).")
@click.option("--public-url", help="Where people reach this server (HOLDSPACE_PUBLIC_URL).")
@click.option(
    "--data-dir", type=click.Path(file_okay=False), help="Where the database lies (HOLDSPACE_DATA_DIR)."
)
def serve(host: str | None, port: int | None, public_url: str | None, data_dir: Path | None) -> None:
    """Run the server until it is told to stop.

    Everything else is set by HOLDSPACE_… in the environment; the README lists what there is.
    """
    given = {"host": host, "port": port, "public_url": public_url, "data_dir": data_dir}
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    logs.configure(settings)
    try:
        with faults_are_told():
            app = make_app(settings)
    except LaneMissingError as error:
        raise click.ClickException(f"HOLDSPACE_PACKET_PATH=compiled: {error}") from None
    except SealError as error:
        raise click.ClickException(str(error)) from None
    app.on_startup.append(spare_what_is_loaded)
    try:
        web.run_app(
            app,
            host=settings.host,
            port=settings.port,
            loop=new_loop(),
            access_log_class=logs.AccessLogger,
            shutdown_timeout=SHUTDOWN_S,
            print=lambda _banner: click.echo(f"Holdspace is at {settings.base_url} (stop with Ctrl-C)"),
        )
    except SealError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(
            f"can't listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from None


main.add_command(demo)
main.add_command(company)
main.add_command(calls)
main.add_command(formats)

if __name__ == "__main__":
    main()
