"""Frames for the blur: complete and in order, or not at all."""

from __future__ import annotations

import random

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from media.plane.vp8 import packetise
from media.plane.vp8_frames import MAX_FRAME_BYTES, MAX_FRAME_PACKETS, MAX_WAITING, Frame, FrameAssembler


def key_frame(body: bytes = b"key", width: int = 320, height: int = 240) -> bytes:
    """The header of a key frame, with something behind it."""
    sides = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"\x10\x02\x00\x9d\x01\x2a" + sides + body


def delta_frame(body: bytes = b"delta") -> bytes:
    """A delta frame: the lowest bit of its first octet is set."""
    return b"\x11\x02\x00" + body


class Stream:
    """A publisher's frames as numbered packets of at most 8 bytes of payload."""

    def __init__(self, first_seq: int = 100) -> None:
        self._seq = first_seq
        self._ts = 0

    def packets(self, frame: bytes) -> list[tuple[int, int, bool, bytes]]:
        """(sequence number, timestamp, marker, payload) of one frame."""
        payloads = packetise(frame, 8)
        self._ts += 3000
        numbered = [
            ((self._seq + i) & 0xFFFF, self._ts, i == len(payloads) - 1, payload)
            for i, payload in enumerate(payloads)
        ]
        self._seq = (self._seq + len(payloads)) & 0xFFFF
        return numbered


def fed(assembler: FrameAssembler, packets: list[tuple[int, int, bool, bytes]]) -> list[Frame]:
    """What comes out of these packets."""
    frames: list[Frame] = []
    for seq, ts, marker, payload in packets:
        frames += assembler.add(seq, ts, marker=marker, payload=payload)
    return frames


def test_frames_come_out_whole_and_in_order() -> None:
    """Frames of several packets, across the wrap of the sequence number, with timestamp and kind."""
    stream, assembler = Stream(65_530), FrameAssembler()
    frames = [key_frame(b"k" * 40), delta_frame(b"d" * 30), delta_frame(), key_frame()]
    made = fed(assembler, [packet for frame in frames for packet in stream.packets(frame)])
    assert [frame.data for frame in made] == frames
    assert [frame.ts for frame in made] == [3000, 6000, 9000, 12_000]
    assert [frame.key for frame in made] == [True, False, False, True]
    assert not assembler.needs_key_frame


@pytest.mark.parametrize("seed", range(8))
def test_reordering_and_copies_change_nothing(seed: int) -> None:
    """Packets shuffled within a window and repeated give the same frames, once each."""
    stream, assembler = Stream(65_500), FrameAssembler()
    frames = [key_frame()] + [delta_frame(bytes((i,)) * 20) for i in range(12)]
    first, *rest = stream.packets(frames[0])
    rest += [packet for frame in frames[1:] for packet in stream.packets(frame)]
    dice = random.Random(seed)
    doubled = sorted([*enumerate(rest)] * 2, key=lambda entry: entry[0] + dice.uniform(0, 12))
    made = fed(assembler, [first] + [packet for _, packet in doubled])
    assert [frame.data for frame in made] == frames


def test_nothing_before_the_first_key_frame() -> None:
    """Delta frames, and the end of a key frame whose start was missed, give nothing."""
    stream, assembler = Stream(), FrameAssembler()
    assert fed(assembler, stream.packets(delta_frame())) == []
    assert fed(assembler, stream.packets(key_frame(b"k" * 30))[1:]) == []
    assert assembler.needs_key_frame
    assert len(fed(assembler, stream.packets(key_frame()))) == 1


def test_a_gap_that_is_filled_in_time_is_no_gap() -> None:
    """What waits behind a lost packet comes out once it was sent again."""
    stream, assembler = Stream(), FrameAssembler()
    fed(assembler, stream.packets(key_frame()))
    lost, *behind = [packet for _ in range(10) for packet in stream.packets(delta_frame(b""))]
    assert fed(assembler, behind) == []
    assert len(fed(assembler, [lost])) == 10
    assert not assembler.needs_key_frame


def test_after_a_gap_nothing_until_a_key_frame() -> None:
    """A gap that stays open longer than the limit: no delta frame passes any more, then a key frame does."""
    stream, assembler = Stream(), FrameAssembler()
    fed(assembler, stream.packets(key_frame()))
    stream.packets(delta_frame())  # lost altogether
    behind = [packet for _ in range(MAX_WAITING + 1) for packet in stream.packets(delta_frame(b""))]
    assert fed(assembler, behind[:-1]) == []
    assert not assembler.needs_key_frame
    assert fed(assembler, behind[-1:]) == []
    assert assembler.needs_key_frame
    assert fed(assembler, stream.packets(delta_frame())) == []
    assert [frame.key for frame in fed(assembler, stream.packets(key_frame()))] == [True]


def test_giving_up_is_counted() -> None:
    """Each time it gives a gap up it says so, also when a key frame is awaited already: the last one may have been torn."""
    stream, assembler = Stream(), FrameAssembler()
    for times in (1, 2):
        torn = stream.packets(key_frame(b"k" * 30))
        behind = [packet for _ in range(MAX_WAITING) for packet in stream.packets(delta_frame(b""))]
        assert fed(assembler, [torn[0], *torn[2:], *behind]) == []
        assert assembler.given_up == times


@pytest.mark.parametrize(("width", "height"), [(3840, 2160), (16_383, 16_383), (0, 240), (320, 0)])
def test_pictures_beyond_the_limit_are_refused(width: int, height: int) -> None:
    """A picture too large to decode, or without size, is not handed on, nor is anything that builds on it."""
    stream, assembler = Stream(), FrameAssembler()
    assert fed(assembler, stream.packets(key_frame(width=width, height=height))) == []
    assert fed(assembler, stream.packets(delta_frame())) == []
    assert assembler.needs_key_frame
    assert len(fed(assembler, stream.packets(key_frame(width=1920, height=1080)))) == 1


def test_a_frame_without_end_is_refused() -> None:
    """Packets that never end a frame are thrown away at the limit of bytes."""
    assembler = FrameAssembler()
    payloads = packetise(key_frame() + bytes(MAX_FRAME_BYTES), 1200)
    made = fed(assembler, [(seq, 0, False, payload) for seq, payload in enumerate(payloads)])
    assert made == []
    assert assembler.needs_key_frame
    assert assembler.given_up == 1


def test_a_start_begins_a_frame_anew() -> None:
    """A frame that never ended is no part of the one after it."""
    stream, assembler = Stream(), FrameAssembler()
    fed(assembler, stream.packets(key_frame()))
    unfinished = [(seq, ts, False, payload) for seq, ts, _, payload in stream.packets(delta_frame(b"x" * 20))]
    whole = delta_frame(b"whole")
    assert [f.data for f in fed(assembler, unfinished + stream.packets(whole))] == [whole]


def test_what_only_looks_like_a_key_frame_opens_nothing() -> None:
    """The lowest bit of a key frame without its start code: neither that nor a delta frame behind it comes out."""
    stream, assembler = Stream(), FrameAssembler()
    assert fed(assembler, stream.packets(b"\x10\x02\x00no start code")) == []
    assert fed(assembler, stream.packets(delta_frame())) == []
    assert assembler.needs_key_frame
    assert len(fed(assembler, stream.packets(key_frame()))) == 1


def test_restart_forgets() -> None:
    """After a restart the stream begins anew with a key frame, at any sequence number."""
    stream, assembler = Stream(), FrameAssembler()
    fed(assembler, stream.packets(key_frame()))
    assembler.restart()
    assert assembler.given_up == 0
    assert fed(assembler, stream.packets(delta_frame())) == []
    assert len(fed(assembler, Stream(9).packets(key_frame()))) == 1


@pytest.mark.parametrize("payload", [b"\x00", b"\x00x"])
def test_endless_packets_of_one_frame_are_given_up(payload: bytes) -> None:
    """A frame that never ends, of empty packets too, is given up after a bounded number of them: no pile, no slow sum."""
    stream, assembler = Stream(), FrameAssembler()
    first = stream.packets(key_frame())[0]
    assembler.add(first[0], first[1], marker=False, payload=first[3])
    for i in range(1, 3 * MAX_FRAME_PACKETS):
        assembler.add((first[0] + i) & 0xFFFF, first[1], marker=False, payload=payload)
    assert assembler.given_up == 1
    assert len(assembler._parts) <= MAX_FRAME_PACKETS


def test_a_frame_knows_its_temporal_layer() -> None:
    """By the descriptor of its first packet; frames whose descriptor says nothing are of layer 0."""
    assembler, made = FrameAssembler(), []
    for seq, (tid, frame) in enumerate(
        [(None, key_frame()), ((1, 1), delta_frame()), ((2, 0), delta_frame())]
    ):
        descriptor = bytes(VpxPayloadDescriptor(1, 0, picture_id=seq, tl0picidx=0, tid=tid))
        made += assembler.add(seq, seq * 3000, marker=True, payload=descriptor + frame)
    assert [(frame.layer, frame.sync) for frame in made] == [(0, False), (1, True), (2, False)]
