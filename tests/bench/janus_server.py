"""Child process: starts Janus with a configuration of its own, and is its signaling. Janus's CPU alone is counted.

As Janus's own demos do it: everybody publishes on one connection and subscribes to both others on a second (multistream).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from tests.bench.child import ADDRESS, resident_mib, run_child
from tests.bench.janus_api import Handle, JanusSession

START_WITHIN_S: Final = 10.0
END_WITHIN_S: Final = 2.0
PLUGIN: Final = "libjanus_videoroom.so"
TRANSPORT: Final = "libjanus_websockets.so"
_LIBRARIES: Final = ("/usr/lib/*/janus", "/usr/lib/janus", "/usr/lib64/janus")
_CONFIG: Final = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{folder}/plugins"
  transports_folder = "{folder}/transports"
  events_folder = "{folder}/none"
  loggers_folder = "{folder}/none"
  debug_level = 1
  session_timeout = 0
  {event_loops}
}}
nat: {{ ice_enforce_list = "{address}" }}
"""
_WEBSOCKETS: Final = """
general: {{ json = "compact", ws = true, ws_ip = "127.0.0.1", ws_port = {port}, wss = false }}
"""


def janus_libraries() -> Path | None:
    """The folder of Janus's plugins and transports, or None where it is not installed."""
    if shutil.which("janus") is None or shutil.which("setpriv") is None:
        return None
    folders = [found for pattern in _LIBRARIES for found in Path("/").glob(pattern[1:])]
    return next((one for one in folders if (one / "plugins" / PLUGIN).exists()), None)


class JanusServer:
    """Does what the forwarding benchmark asks."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._publishers: list[list[Handle]] = []
        self._feeds: list[list[int]] = []
        self._subscribers: list[list[Handle]] = []

    async def do_run(self, event_loops: int) -> dict[str, Any]:
        """Start Janus: with that many event loops, or with a thread for each connection (0). Says where its interface is."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="holdspace-janus-")))
        port = _free_port()
        _configure(folder, port, event_loops)
        # Ends with us even if we are killed.
        janus = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", "janus", "-F", str(folder), "-C", str(folder / "janus.jcfg"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.push_async_callback(_end, janus)
        self._pid = janus.pid
        self._session = await self._stack.enter_async_context(await _reach(port))
        return {"url": f"ws://127.0.0.1:{port}"}

    async def do_answer(self, calls: list[list[str]]) -> dict[str, Any]:
        """Make a room for each call and answer what its callers publish."""
        return {"calls": [await self._publish(room, offers) for room, offers in enumerate(calls, 1)]}

    async def do_offer(self) -> dict[str, Any]:
        """Once all publish: what Janus offers each to receive."""
        return {"calls": [await self._subscribe(room) for room in range(1, len(self._publishers) + 1)]}

    async def do_accept(self, calls: list[list[str]]) -> dict[str, Any]:
        """Take the answers; Janus sends from here on."""
        for handles, answers in zip(self._subscribers, calls, strict=True):
            for handle, answer in zip(handles, answers, strict=True):
                await handle.ask(("answer", answer), request="start")
        return {}

    async def do_count(self) -> dict[str, float]:
        """What Janus has used: CPU seconds of all its threads, and memory in MiB."""
        return {
            "cpu_s": time.clock_gettime(_cpu_clock(self._pid)),
            "at_s": time.perf_counter(),
            "rss_mib": resident_mib(self._pid),
        }

    async def close(self) -> None:
        """End Janus."""
        await self._stack.aclose()

    async def _publish(self, room: int, offers: list[str]) -> list[str]:
        handles = [await self._session.attach() for _ in offers]
        await handles[0].ask(request="create", room=room, publishers=len(offers))
        answers, feeds = [], []
        for handle, offer in zip(handles, offers, strict=True):
            joined = await handle.ask(request="join", ptype="publisher", room=room)
            feeds.append(joined["plugindata"]["data"]["id"])
            answer = await handle.ask(
                ("offer", offer), request="publish", audiocodec="opus", videocodec="vp8"
            )
            answers.append(answer["jsep"]["sdp"])
        self._publishers.append(handles)
        self._feeds.append(feeds)
        return answers

    async def _subscribe(self, room: int) -> list[str]:
        feeds = self._feeds[room - 1]
        async with asyncio.timeout(START_WITHIN_S):
            for handle in self._publishers[room - 1]:
                await handle.up.wait()
        handles = [await self._session.attach() for _ in feeds]
        self._subscribers.append(handles)
        offers = []
        for handle, own in zip(handles, feeds, strict=True):
            streams = [{"feed": feed} for feed in feeds if feed != own]
            reply = await handle.ask(request="join", ptype="subscriber", room=room, streams=streams)
            offers.append(reply["jsep"]["sdp"])
        return offers


def _configure(folder: Path, port: int, event_loops: int) -> None:
    """Only what is needed is loaded, so that its memory is that of the calls."""
    libraries = janus_libraries()
    if libraries is None:
        raise FileNotFoundError("Janus is not installed")
    for kind, name in (("plugins", PLUGIN), ("transports", TRANSPORT)):
        (folder / kind).mkdir()
        (folder / kind / name).symlink_to(libraries / kind / name)
    (folder / "none").mkdir()
    loops = f"event_loops = {event_loops}" if event_loops else ""
    (folder / "janus.jcfg").write_text(_CONFIG.format(address=ADDRESS, folder=folder, event_loops=loops))
    (folder / "janus.transport.websockets.jcfg").write_text(_WEBSOCKETS.format(port=port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")


async def _reach(port: int) -> JanusSession:
    """A session as soon as Janus listens. Raises TimeoutError."""
    async with asyncio.timeout(START_WITHIN_S):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return JanusSession(f"ws://127.0.0.1:{port}")
            await asyncio.sleep(0.05)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cpu_clock(pid: int) -> int:
    """The clock of another process's CPU time, in nanoseconds where /proc has ticks (what clock_getcpuclockid(3) gives)."""
    return (~pid << 3) | 2


if __name__ == "__main__":
    run_child(JanusServer)
