"""One participant who sends and two who look and listen, twice: with packets in Python alone, and with the compiled lane.

Everything between a datagram's arrival and the viewers' sockets is the product's own, libsrtp and UDP on loopback included; the
clock is ours. `World.state` is all that a packet may change, so that two worlds can be compared after every step.
"""

from __future__ import annotations

import random
import socket
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pylibsrtp import Policy, Session

from media.mediation.plan import ViewPlan
from media.plane.aiortc_seam import MediaLink, _GuardedProtocol, _Srtp, _srtp
from media.plane.blur_pipeline import Blurred
from media.plane.intake import Intake
from media.plane.lane.binding import bound_lane
from media.plane.sdp_offer import LEVEL_URI, MID_URI, SEND_TIME_URI, Media
from media.plane.slot import Outlet, Slot
from media.plane.subject import Subject
from media.plane.uplink import AudioUplink, VideoUplink

if TYPE_CHECKING:
    from media.mediation.distance import Distance

AUDIO_SSRC, VIDEO_SSRC, RTX_SSRC = 1001, 2001, 2002
OPUS, RED, VP8, RTX = 111, 63, 96, 97
LEVEL_ID = 1
KEYS = [bytes([i]) * 30 for i in range(1, 4)]
"""Of what the sender sends, and of what each viewer is sent."""


def sending(kind: str) -> Media:
    """What the sender offered."""
    if kind == "audio":
        return Media("audio", "0", "sendonly", OPUS, ((LEVEL_ID, LEVEL_URI),), AUDIO_SSRC, (), RED)
    return Media("video", "1", "sendonly", VP8, (), VIDEO_SSRC, ("nack", "nack pli"), RTX, RTX_SSRC)


def receiving(kind: str, repair: int | None) -> Media:
    """What a viewer offered to take."""
    uri = LEVEL_URI if kind == "audio" else SEND_TIME_URI
    number = OPUS if kind == "audio" else VP8
    return Media(kind, f"{kind}-in", "recvonly", number, ((2, uri), (4, MID_URI)), None, (), repair)


class Clock:
    """The loop, as far as the plane asks it for the time."""

    def __init__(self) -> None:
        self.now = 100.0

    def time(self) -> float:
        """Now."""
        return self.now


class NoWorkers:
    """Takes the blur's work and never finishes it."""

    def take_place(self) -> bool:
        """There is always one."""
        return True

    def leave_place(self) -> None:
        """Nothing to count."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        """Keep it waiting."""
        return Future()

    def look_after(self, now: float) -> None:
        """Nothing gets stuck."""


def udp() -> socket.socket:
    """A socket on loopback."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock


class Protocol:
    """Sorts like the guarded socket; STUN and DTLS are only counted."""

    datagram_received = _GuardedProtocol.datagram_received

    def __init__(self, link: Link) -> None:
        self._link = link
        self.receiver = self.local_candidate = self
        self.component = 1
        self.checked: list[bytes] = []

    def _check(self, data: bytes, _address: tuple[str, int]) -> None:
        self.checked.append(data)


class Pair:
    """A nominated pair: our socket, their address."""

    def __init__(self, remote_addr: tuple[str, int]) -> None:
        self.protocol = self
        self.id = 1
        self.remote_addr = remote_addr


class Link:
    """A connected MediaLink without the stack."""

    datagram = MediaLink.datagram
    send_rtp = MediaLink.send_rtp
    _new_path = MediaLink._new_path
    path_to = MediaLink.path_to

    def __init__(
        self, clock: Clock, lane: Any, sessions: tuple[Session, Session], theirs: socket.socket
    ) -> None:
        self._loop = clock
        self._path = None
        self._events = self
        self.intake = Intake()
        self.ours = udp()
        self.srtp: Any = _Srtp(*sessions) if lane is None else _srtp(lane, *sessions)
        self.nominated = {1: Pair(theirs.getsockname())}
        self._known = deque([theirs.getsockname()])
        self.last_heard_at = 0.0
        self.rejected = 0
        self.failures: list[str] = []
        self.reports: list[bytes] = []
        self.protocol = Protocol(self)
        self._sockets = {1: self.ours}
        self.port = lane and lane.Port(self.ours.fileno(), self, self.protocol, clock.time, self._failed)
        self._ports = {1: self.port}
        self.rtp_out = self.send_rtp if lane is None else lane.Way(self)

    def rtcp_received(self, packet: bytes) -> None:
        """Note it."""
        self.reports.append(packet)

    def handshake(self, data: bytes, *_: object) -> None:
        """Note it."""
        self.protocol.checked.append(data)

    def _failed(self, error: Exception) -> None:
        self.failures.append(type(error).__name__)

    def read(self) -> None:
        """Take what has arrived."""
        if self.port:
            for _ in range(20):
                self.port.ready()
            return
        with suppress(BlockingIOError):
            while True:
                data, address = self.ours.recvfrom(65536)
                try:
                    self.protocol.datagram_received(data, address)
                except Exception as error:  # noqa: BLE001 - as the loop does, whatever it is
                    self._failed(error)


def attributes(thing: Any) -> dict[str, Any]:
    """The slots of an object."""
    return {
        name: getattr(thing, name) for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())
    }


def numbers(thing: Any, *but: str) -> dict[str, Any]:
    """Everything plain that an object holds in slots."""
    plain = (int, float, bytes, str, dict, list, type(None))
    return {n: v for n, v in attributes(thing).items() if n not in but and isinstance(v, plain)}


class World:
    """A sender and two viewers; the second viewer's browser knows neither RED nor RTX."""

    def __init__(self, *, compiled: bool) -> None:
        random.seed(5)
        lane = bound_lane() if compiled else None
        self.clock = Clock()
        self.rtcp: list[bytes] = []
        self.camera, self.stranger = udp(), udp()
        self.screens = [udp(), udp()]
        self._decrypt = [Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND)) for key in KEYS[1:]]
        incoming = Session(Policy(key=KEYS[0], ssrc_type=Policy.SSRC_ANY_INBOUND))
        outgoing = [Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND)) for key in KEYS]
        self.link = Link(self.clock, lane, (incoming, outgoing[0]), self.camera)
        unused = Session(Policy(key=KEYS[0], ssrc_type=Policy.SSRC_ANY_INBOUND))
        self.viewers = [
            Link(self.clock, lane, (unused, out), screen)
            for out, screen in zip(outgoing[1:], self.screens, strict=True)
        ]
        self.subject = Subject(self.clock, NoWorkers(), lambda *_: None)  # type: ignore[arg-type]
        repairs = ((RED, RTX), (None, None))
        self.slots = [
            Slot(
                "ann",
                receiving("audio", red),
                receiving("video", rtx),
                Outlet(viewer.rtp_out, self.rtcp.append),
            )
            for viewer, (red, rtx) in zip(self.viewers, repairs, strict=True)
        ]
        for slot in self.slots:
            slot._cname = "viewer"  # which is random otherwise
        self.audio = AudioUplink(sending("audio"), self.subject.audio)
        self.video = VideoUplink(sending("video"), 77, self.rtcp.append, self.subject.video)
        self.link.intake.open({OPUS: self.audio.receive, RED: self.audio.receive})
        self.link.intake.open({VP8: self.video.receive, RTX: self.video.receive})
        self.subject.carried_by(self.slots)
        self.subject.comes_from(self.video)

    def close(self) -> None:
        """Close the sockets."""
        for sock in (
            self.camera,
            self.stranger,
            *self.screens,
            self.link.ours,
            *(v.ours for v in self.viewers),
        ):
            sock.close()

    # Steps

    def datagrams(self, sent: list[bytes], *, stranger: bool = False) -> None:
        """These come together."""
        for data in sent:
            (self.stranger if stranger else self.camera).sendto(data, self.link.ours.getsockname())
        self.link.read()

    def plan(self, viewer: int, heard: bool, distance: Distance) -> None:  # noqa: FBT001 - as in a plan
        """Carry out what a plan says of one view."""
        self.slots[viewer].obey(ViewPlan(heard, distance), self.clock.now)
        self.subject.refresh()

    def carried(self, viewers: list[int]) -> None:
        """Somebody left or came back."""
        self.subject.carried_by([self.slots[i] for i in viewers])
        self.subject.refresh()

    def blurred(self, level: Distance, *, key: bool) -> None:
        """The blur has made a frame."""
        self.subject._blurred(Blurred(level, b"blurred" * 30, int(self.clock.now * 90_000) & 0xFFFFFFFF, key))

    def nack(self, viewer: int) -> None:
        """A viewer asks again for all that there could be."""
        picture = self.slots[viewer].video
        assert picture is not None
        picture.resend([(picture.map.next_seq - i) & 0xFFFF for i in range(1, 40)], self.clock.now)

    # What it has come to

    def shown(self) -> list[list[bytes]]:
        """What has arrived at each viewer since the last time, decrypted."""
        found: list[list[bytes]] = []
        for screen, session in zip(self.screens, self._decrypt, strict=True):
            arrived: list[bytes] = []
            with suppress(BlockingIOError):
                while True:
                    arrived.append(session.unprotect(screen.recv(2048)))
            found.append(arrived)
        return found

    def state(self) -> dict[str, Any]:
        """Every number that a packet can change."""
        found: dict[str, Any] = {
            "intake": numbers(self.link.intake, "receivers"),
            "link": (self.link.rejected, self.link.last_heard_at, self.link.failures, self.link.reports),
            "checked": self.link.protocol.checked,
            "sound": (self.audio.last_packet_at, self.audio.reception and numbers(self.audio.reception)),
            "picture": (self.video._given_up, self.video.asked_again, self.video.key_frames_asked),
            "seen": self.video.reception and numbers(self.video.reception),
            "source": self.subject._source,
            "rtcp": self.rtcp,
        }
        for i, slot in enumerate(self.slots):
            assert slot.video is not None
            for kind, link in (("audio", slot.audio), ("video", slot.video)):
                found[f"{kind} {i}"] = (numbers(link), numbers(link.map), numbers(link.feedback))
            found[f"gate {i}"] = (slot.audio.heard, slot.audio._waiting, slot.video.gate, slot.video.distance)
            found[f"history {i}"] = numbers(slot.video._history)
        return found
