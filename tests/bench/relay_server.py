"""Child process: the same call the way aiortc's own examples forward: MediaRelay, decoding and encoding for each viewer."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from tests.bench.child import consumption, run_child

if TYPE_CHECKING:
    from aiortc.mediastreams import MediaStreamTrack


class RelayServer:
    """Does what the forwarding benchmark asks."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._callers: list[RTCPeerConnection] = []
        self._tracks: list[list[MediaStreamTrack]] = []

    async def do_answer(self, calls: list[list[str]]) -> dict[str, Any]:
        """Take every offer of the one call, then answer each with the others' tracks in it."""
        (offers,) = calls
        for sdp in offers:
            await self._take(sdp)
        return {"calls": [[await self._answer(number) for number in range(len(offers))]]}

    async def do_count(self) -> dict[str, float]:
        """What this process has used."""
        return consumption()

    async def close(self) -> None:
        """End the call."""
        for caller in self._callers:
            await caller.close()

    async def _take(self, sdp: str) -> None:
        caller = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        tracks: list[MediaStreamTrack] = []
        caller.on("track", tracks.append)
        await caller.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
        self._callers.append(caller)
        self._tracks.append(tracks)

    async def _answer(self, number: int) -> str:
        caller, own = self._callers[number], self._tracks[number]
        others = deque(track for tracks in self._tracks if tracks is not own for track in tracks)
        for transceiver in caller.getTransceivers():
            if transceiver.receiver.track not in own:
                track = next(one for one in others if one.kind == transceiver.kind)
                others.remove(track)
                transceiver.sender.replaceTrack(self._relay.subscribe(track))
                transceiver.direction = "sendonly"
        await caller.setLocalDescription(await caller.createAnswer())
        return str(caller.localDescription.sdp)


if __name__ == "__main__":
    run_child(RelayServer)
