"""One participant's connection: what they send, and the slots through which they receive the others."""

from __future__ import annotations

import asyncio
import random
import secrets
from typing import TYPE_CHECKING, Final, Protocol

from aiortc import rtp

from media.mediation.people import LineState
from media.plane.aiortc_seam import MediaLink, NoPortError
from media.plane.flood_limit import FloodLimit
from media.plane.intake import Intake
from media.plane.interface import OfferRefusedError
from media.plane.lane.binding import bound_lane
from media.plane.line_budget import LineBudget
from media.plane.reports import goodbye, receiver_report
from media.plane.sdp_answer import amend_answer
from media.plane.sdp_offer import Media, Offer, canonical_sdp, refused
from media.plane.slot import Outlet, Slot, make_slots
from media.plane.uplink import AudioUplink, VideoUplink
from media.plane.viewer_feedback import ViewersBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.plane.downlink_video import VideoDownlink
    from media.plane.settings import PlaneSettings
    from media.plane.subject import Subject

REPORT_INTERVAL_S: Final = 1.0
MAX_REPORTS_PER_S: Final = 200
MAX_REPORT_OCTETS_PER_S: Final = 50_000
"""RTCP, several times what a browser sends on the worst line. A packet full of NACKs costs a hundred times what a picture's
packet does, and one full of sender reports is passed on to every viewer: floods of them would be paid for by other people."""
PASS_ON_SPACING_S: Final = 0.2
"""Between two sender reports of one stream that viewers get; browsers send one every half second at the most."""
WEAK_AFTER_S: Final = 1.0
LOST_AFTER_S: Final = 3.0
QUIET_WEAK_AFTER_S: Final = 6.0
"""For one who sends no media: browsers repeat their connectivity checks every 2.5 s."""
QUIET_LOST_AFTER_S: Final = 10.0
_FLOWING_WITHIN_S: Final = 0.6
"""Sound that stopped this long before the last sign of life was stopped on purpose (Opus DTX sends every 0.4 s)."""


class PeerEvents(Protocol):
    """What a peer tells the plane; called on the loop."""

    def peer_open(self, peer: Peer) -> None:
        """Media flows."""

    def peer_closed(self, peer: Peer) -> None:
        """The connection is gone."""

    def key_frame_wanted(self, subject: str, picture: VideoDownlink) -> None:
        """The viewer's browser asks for a key frame of this subject."""


class Peer:
    """Negotiates once, then moves packets."""

    def __init__(
        self,
        participant: str,
        subject: Subject,
        offer: Offer,
        others: Sequence[str],
        settings: PlaneSettings,
        events: PeerEvents,
    ) -> None:
        self.participant = participant
        self._subject = subject
        self._offer = offer
        self._settings = settings
        self._events = events
        self._loop = asyncio.get_running_loop()
        self._ssrc = random.getrandbits(31) + 1
        self._cname = secrets.token_hex(8)
        self.intake = Intake()
        self._link = MediaLink(settings, self, self.intake, bound_lane() if settings.compiled else None)
        self.budget = LineBudget()
        self._audio: AudioUplink | None = None
        self.video: VideoUplink | None = None
        self._open_uplinks(offer)
        self.slots = make_slots(others, offer.media, Outlet(self._link.rtp_out, self._link.send_rtcp))
        self._pictures = {
            slot.video.ssrc: (slot, slot.video) for slot in self.slots if slot.video is not None
        }
        self._feedback = {slot.audio.ssrc: slot.audio.feedback for slot in self.slots}
        self._feedback |= {ssrc: picture.feedback for ssrc, (_, picture) in self._pictures.items()}
        self._reports_in = FloodLimit(MAX_REPORTS_PER_S, MAX_REPORT_OCTETS_PER_S)
        self._passed_on_at: dict[str, float] = {}
        self._next_report_at = 0.0
        self.is_open = False
        self.is_muted = False
        """Nothing more is taken in."""
        self.join_by = self._loop.time() + settings.join_deadline_s
        """When an unfinished join is given up."""

    async def negotiate(self) -> str:
        """The SDP answer. Raises OfferRefusedError; the peer is then closed."""
        directions = [
            "recvonly" if m.sends else "sendonly" if m.receives else "inactive" for m in self._offer.media
        ]
        try:
            answer = await self._link.answer(canonical_sdp(self._offer), directions)
        except NoPortError:
            await self.close()
            raise OfferRefusedError(
                "too-busy", "the server has no free port for media; try again in a moment"
            ) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        except Exception:  # noqa: BLE001 - the stack raises many types for an offer that it can't follow
            await self.close()
            raise refused("this offer can't be answered") from None
        streams = {mid: stream for slot in self.slots for mid, stream in slot.streams().items()}
        return amend_answer(answer, self._offer.media, streams)

    def line(self, now: float) -> LineState:
        """How this participant's packets arrive."""
        silence = now - self._link.last_heard_at
        last_sound_at = self._audio.last_packet_at if self._audio is not None else None
        flowing = last_sound_at is not None and self._link.last_heard_at - last_sound_at < _FLOWING_WITHIN_S
        weak_after, lost_after = (
            (WEAK_AFTER_S, LOST_AFTER_S) if flowing else (QUIET_WEAK_AFTER_S, QUIET_LOST_AFTER_S)
        )
        if silence < weak_after:
            return LineState.GOOD
        return LineState.WEAK if silence < lost_after else LineState.LOST

    @property
    def uplinks(self) -> Sequence[AudioUplink | VideoUplink]:
        """What this participant sends, sound first."""
        return [uplink for uplink in (self._audio, self.video) if uplink is not None]

    @property
    def rejected(self) -> int:
        """Datagrams that were dropped at the socket."""
        return self._link.rejected

    @property
    def flood_drops(self) -> int:
        """Packets and reports that were dropped because too many came in a second."""
        return self.intake.dropped + self._reports_in.dropped

    def tick(self, now: float) -> None:
        """Reports and requests that are due."""
        if self.video is not None:
            self.video.tick(now)
        if now >= self._next_report_at:
            self._next_report_at = now + REPORT_INTERVAL_S
            self._report(now)

    def mute(self) -> None:
        """Take in nothing more of what this participant sends, from now on: `close` needs turns of the loop."""
        self.is_muted = True
        self.intake.close()
        self._audio = self.video = None

    async def close(self) -> None:
        """End the connection; never raises."""
        if self.is_open:
            self._link.send_rtcp(goodbye(self._ssrc))
        self.is_open = False
        await self._link.close()

    # What the link tells us

    def link_open(self) -> None:
        """The handshake is done."""
        self.is_open = True
        self._events.peer_open(self)

    def link_closed(self) -> None:
        """The connection is gone."""
        self.is_open = False
        self._events.peer_closed(self)

    def rtcp_received(self, packet: bytes) -> None:
        """Reports and requests; a malformed packet is dropped whole."""
        now = self._loop.time()
        if not self._reports_in.lets_through(len(packet), now):
            return
        try:
            parts = rtp.RtcpPacket.parse(packet)
        except Exception:  # noqa: BLE001 - bytes from a client: whatever the parser raises
            return
        for part in parts:
            if isinstance(part, rtp.RtcpSrPacket):
                self._sender_report(part, now)
                self._viewers_report(part, now)
            elif isinstance(part, rtp.RtcpRrPacket):
                self._viewers_report(part, now)
            elif isinstance(part, rtp.RtcpPsfbPacket):
                self._picture_feedback(part, now)
            elif isinstance(part, rtp.RtcpRtpfbPacket):
                self._nack(part, now)

    def _sender_report(self, report: rtp.RtcpSrPacket, now: float) -> None:
        info = report.sender_info
        if (
            not info.ntp_timestamp
        ):  # "no wall clock" (RFC 3550 section 6.4.1): there is nothing to keep in step with
            return
        for stream, pass_on in (
            (self._audio, self._subject.audio_report),
            (self.video, self._subject.video_report),
        ):
            if stream is not None and stream.reception is not None and stream.reception.ssrc == report.ssrc:
                stream.sender_report(info.ntp_timestamp, now)
                if now - self._passed_on_at.get(stream.kind, float("-inf")) >= PASS_ON_SPACING_S:
                    self._passed_on_at[stream.kind] = now
                    pass_on(info.ntp_timestamp, info.rtp_timestamp, now)

    def _viewers_report(self, report: rtp.RtcpRrPacket | rtp.RtcpSrPacket, now: float) -> None:
        for block in report.reports:
            feedback = self._feedback.get(block.ssrc)
            if feedback is not None:
                self.budget.lost(block.fraction_lost / 256, now)
                feedback.reported(_viewers_block(block), now)

    def _picture_feedback(self, request: rtp.RtcpPsfbPacket, now: float) -> None:
        if request.fmt == rtp.RTCP_PSFB_APP and request.fci[:4] == b"REMB":
            self._estimate(request.fci, now)
        elif request.fmt == rtp.RTCP_PSFB_PLI:
            self._key_frames_wanted([request.media_ssrc])
        elif request.fmt == rtp.RTCP_PSFB_FIR:  # RFC 5104 section 4.3.1: the SSRCs are in the FCI
            fci = request.fci
            self._key_frames_wanted([int.from_bytes(fci[i : i + 4], "big") for i in range(0, len(fci), 8)])

    def _estimate(self, fci: bytes, now: float) -> None:
        try:
            bit_rate, _ = rtp.unpack_remb_fci(fci)
        except ValueError:
            return
        self.budget.estimated(bit_rate, now)

    def _key_frames_wanted(self, ssrcs: Sequence[int]) -> None:
        for ssrc in ssrcs:
            if (found := self._pictures.get(ssrc)) is not None:
                found[1].feedback.key_frames_wanted += 1
                self._events.key_frame_wanted(found[0].subject, found[1])

    def _nack(self, request: rtp.RtcpRtpfbPacket, now: float) -> None:
        found = self._pictures.get(request.media_ssrc)
        if found is not None and request.fmt == rtp.RTCP_RTPFB_NACK:
            found[1].resend([seq & 0xFFFF for seq in request.lost], now)

    def _report(self, now: float) -> None:
        blocks = [block for stream in self.uplinks if (block := stream.report(now)) is not None]
        self._link.send_rtcp(receiver_report(self._ssrc, blocks, self._cname))

    def _open_uplinks(self, offer: Offer) -> None:
        for media in offer.media:
            if media.sends and media.kind == "audio":
                self._audio = AudioUplink(media, self._subject.audio)
                self.intake.open(dict.fromkeys(_types(media), self._audio.receive))
            elif media.sends:
                self.video = VideoUplink(
                    media,
                    self._ssrc,
                    self._link.send_rtcp,
                    self._subject.video,
                    self._settings.max_video_bit_rate,
                )
                self.intake.open(dict.fromkeys(_types(media), self.video.receive))


def _viewers_block(block: rtp.RtcpReceiverInfo) -> ViewersBlock:
    return ViewersBlock(block.fraction_lost, block.packets_lost, block.jitter, block.lsr, block.dlsr)


def _types(media: Media) -> list[int]:
    """The payload types that an m-line's packets have."""
    return [number for number in (media.payload_type, media.repair_payload_type) if number is not None]


def slots_of(subject: str, peers: Sequence[Peer]) -> list[Slot]:
    """Every slot that carries `subject` to somebody."""
    return [slot for peer in peers for slot in peer.slots if slot.subject == subject]
