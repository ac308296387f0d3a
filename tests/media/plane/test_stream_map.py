"""One outgoing stream out of many epochs: closed-up numbers, real time, and nothing from before."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.rtp import seq_newer, ts_newer
from media.plane.stream_map import StreamMap

VIDEO = 90_000
AUDIO = 48_000
SEQ = st.integers(0, 0xFFFF)
TS = st.integers(0, 0xFFFFFFFF)
SLOW = settings(deadline=None)


class Run:
    """A source in real time, and what leaves for the viewer: every packet's numbers, in order."""

    def __init__(self, first_seq: int, first_ts: int, *, source_seq: int = 0, source_ts: int = 0) -> None:
        self.map = StreamMap(VIDEO, first_seq, first_ts)
        self.now = 1000.0
        self.source = 1
        self.seq = source_seq
        self.out: list[tuple[int, int]] = []
        self._source_ts = source_ts

    @property
    def ts(self) -> int:
        """The source's timestamp now."""
        return (self._source_ts + round((self.now - 1000) * VIDEO)) & 0xFFFFFFFF

    def packets(self, count: int) -> None:
        """This many packets of the source, 30 a second, through the map."""
        for _ in range(count):
            mapped = self.map.map(self.seq, self.ts, self.now)
            if mapped is not None:
                self.out.append(mapped)
            self.seq = (self.seq + 1) & 0xFFFF
            self.now += 1 / 30

    def begin(self) -> None:
        """Open with the source's next packet."""
        self.map.begin(self.source, self.seq, self.ts, self.now)

    def inject(self, step: int = 0) -> None:
        """A packet of our own."""
        self.out.append(self.map.inject(self.now, step=step))


EPOCHS = st.lists(
    st.tuples(
        st.integers(1, 30),  # packets that pass
        st.integers(0, 3),  # packets of our own after the close
        st.integers(0, 40),  # packets held back by the closed gate
        st.booleans(),  # whether the source is replaced by another (a reload)
    ),
    min_size=1,
    max_size=12,
)


def lived(
    first_seq: int, first_ts: int, source_seq: int, source_ts: int, epochs: list[tuple[int, int, int, bool]]
) -> Run:
    """A stream that went through these epochs."""
    run = Run(first_seq, first_ts, source_seq=source_seq, source_ts=source_ts)
    for passing, own, held, reload in epochs:
        run.begin()
        run.packets(passing)
        run.map.end()
        for _ in range(own):
            run.inject()
        run.packets(held)
        if reload:
            run.source += 1
            run.seq = (run.seq * 7 + 999) & 0xFFFF
    return run


@SLOW
@given(first_seq=SEQ, first_ts=TS, source_seq=SEQ, source_ts=TS, epochs=EPOCHS)
def test_sequence_numbers_close_up(
    first_seq: int, first_ts: int, source_seq: int, source_ts: int, epochs: list[tuple[int, int, int, bool]]
) -> None:
    """Whatever was held back, injected or replaced: each packet's number follows the last, wrap included."""
    run = lived(first_seq, first_ts, source_seq, source_ts, epochs)
    assert len(run.out) == sum(passing + own for passing, own, _, _ in epochs)
    assert [seq for seq, _ in run.out] == [(first_seq + i) & 0xFFFF for i in range(len(run.out))]


@SLOW
@given(first_seq=SEQ, first_ts=TS, source_seq=SEQ, source_ts=TS, epochs=EPOCHS)
def test_timestamps_always_move_on(
    first_seq: int, first_ts: int, source_seq: int, source_ts: int, epochs: list[tuple[int, int, int, bool]]
) -> None:
    """A browser drops a frame whose timestamp does not move on: here each does, wrap of 32 bits included."""
    run = lived(first_seq, first_ts, source_seq, source_ts, epochs)
    for (_, before), (_, after) in pairwise(run.out):
        assert ts_newer(after, before)


@SLOW
@given(first_seq=SEQ, base=SEQ, passed=st.integers(0, 6000), back=st.integers(1, 0x7FFF - 6000))
def test_nothing_from_before_an_epoch_is_mapped(first_seq: int, base: int, passed: int, back: int) -> None:
    """A late packet from before the gate opened is refused, at once and long after."""
    stream = StreamMap(VIDEO, first_seq, 0)
    stream.begin(1, base, 5000, 1.0)
    for i in range(0, passed, 500):
        stream.map((base + i) & 0xFFFF, 5000 + i, 1.0)
    assert stream.map((base - back) & 0xFFFF, 4000, 1.0) is None


@SLOW
@given(seq=SEQ, ts=TS)
def test_without_an_epoch_nothing_is_mapped(seq: int, ts: int) -> None:
    """Before the first epoch, after its end, and between our own aligned frames no source packet gets a number."""
    stream = StreamMap(AUDIO, 0, 0)
    assert stream.map(seq, ts, 1.0) is None
    stream.begin(1, seq, ts, 1.0)
    stream.end()
    assert stream.map(seq, ts, 1.0) is None
    stream.align(1, ts, 1.0)
    assert stream.map(seq, ts, 1.0) is None


@pytest.mark.parametrize("seed", range(5))
def test_late_packets_keep_their_place(seed: int) -> None:
    """Within an epoch reordering is passed on: each packet's number is its source's, moved by one constant."""
    dice = random.Random(seed)
    stream = StreamMap(VIDEO, 65_000, 0)
    order = sorted(range(20_000), key=lambda i: i + dice.uniform(0, 30))
    order.remove(0)
    stream.begin(1, 60_000, 0, 1.0)
    for i in [0, *order]:
        assert stream.map((60_000 + i) & 0xFFFF, i, 1.0) == ((65_000 + i) & 0xFFFF, i)
    assert stream.inject(1.0)[0] == (65_000 + 20_000) & 0xFFFF


def test_an_epoch_longer_than_the_number_space() -> None:
    """200,000 packets of one epoch: contiguous, and a packet from before the last ones' window is refused."""
    run = Run(17, 0, source_seq=4711)
    run.begin()
    run.packets(200_000)
    assert [seq for seq, _ in run.out] == [(17 + i) & 0xFFFF for i in range(200_000)]
    assert run.map.map((run.seq - 0x3000) & 0xFFFF, 0, run.now) is None


@pytest.mark.parametrize("lead_ms", [0, 30, 400])
def test_lag_does_not_add_up(lead_ms: int) -> None:
    """500 toggles whose injected time reaches past the next frame: each time a millisecond's bump, then real time again."""
    run = Run(0, 0xFFFF0000, source_ts=0xFFFF0000)
    run.begin()
    run.packets(2)
    for _ in range(500):
        run.map.end()
        run.inject(step=3001 + 90 * lead_ms)
        run.begin()
        assert run.map.bumped
        assert run.map.to_outgoing(run.ts) == (run.map.last_ts + 90) & 0xFFFFFFFF
        run.packets(1)
        run.map.end()
        run.now += 0.5
        run.begin()
        assert not run.map.bumped
        assert run.map.to_outgoing(run.ts) == run.ts
        run.packets(1)


def test_a_veil_in_time_bumps_nothing() -> None:
    """500 toggles between two pictures, three veils each: the next picture is newer than the veil and keeps its own time."""
    run = Run(0, 0, source_ts=0)
    for _ in range(500):
        run.begin()
        assert not run.map.bumped
        run.packets(1)
        run.map.end()
        for _ in range(3):
            run.inject()
    assert (run.map.last_ts - run.ts) & 0xFFFFFFFF >= 0x100000000 - VIDEO // 25


def test_closed_time_passes_in_the_timestamps() -> None:
    """Five seconds behind a closed gate are five seconds for the listener's jitter buffer."""
    stream = StreamMap(AUDIO, 10, 777)
    stream.begin(1, 500, 96_000, 2.0)
    opened = stream.map(500, 96_000, 2.0)
    stream.end()
    stream.begin(1, 750, 96_000 + 5 * AUDIO, 7.0)
    again = stream.map(750, 96_000 + 5 * AUDIO, 7.0)
    assert opened == (10, 777)
    assert again == (11, 777 + 5 * AUDIO)


@SLOW
@given(pause_ms=st.integers(0, 20_000), first_ts=TS, old_ts=TS, new_ts=TS)
def test_another_source_goes_on_in_real_time(pause_ms: int, first_ts: int, old_ts: int, new_ts: int) -> None:
    """After a reload, with a timeline of its own, the stream's timestamps move on by the time that passed."""
    stream = StreamMap(VIDEO, 0, first_ts)
    stream.begin(1, 0, old_ts, 10.0)
    stream.map(0, old_ts, 10.0)
    later = 10.0 + pause_ms / 1000
    stream.begin(2, 9, new_ts, later)
    mapped = stream.map(9, new_ts, later)
    assert mapped is not None
    assert mapped[0] == 1
    elapsed = (mapped[1] - first_ts) & 0xFFFFFFFF
    assert elapsed == pytest.approx(max(90, pause_ms * 90), abs=2)


def test_injected_frames_stand_just_before_now() -> None:
    """A veil is stamped with now less a frame interval; in quick succession each is 2 ms newer, or it is never shown."""
    stream = StreamMap(VIDEO, 0, 0)
    stream.begin(1, 0, 0, 10.0)
    stream.map(0, 0, 10.0)
    veils = [stream.inject(12.0)[1] for _ in range(3)]
    assert veils[0] == pytest.approx(2 * VIDEO - 0.033 * VIDEO, abs=2)
    assert veils[1:] == [veils[0] + 180, veils[0] + 360]


def test_an_injected_frame_stands_clear_of_the_last_one() -> None:
    """Right behind a frame, later than its margin: Chromium drops a frame less than a millisecond behind another."""
    stream = StreamMap(VIDEO, 0, 0)
    stream.begin(1, 0, 0, 10.0)
    stream.map(0, 0, 10.0)
    assert [stream.inject(10.0 + 0.033 + i / 1000)[1] for i in range(3)] == [180, 360, 540]
    stream.begin(1, 60, 2 * VIDEO, 12.0)
    assert stream.map(60, 2 * VIDEO, 12.0) == (4, 2 * VIDEO)


def test_steps_are_exact() -> None:
    """Silence frames follow the last packet at exactly their own length, the first ever as well."""
    stream = StreamMap(AUDIO, 65_535, 0xFFFFFFFF)
    assert not stream.started
    assert [stream.inject(1.0, step=960) for _ in range(3)] == [(65_535, 959), (0, 1919), (1, 2879)]
    assert stream.started


@SLOW
@given(first_seq=SEQ, source_ts=TS, interval=st.integers(1, 20_000), frames=st.integers(1, 20))
def test_blurred_frames_keep_the_source_time(
    first_seq: int, source_ts: int, interval: int, frames: int
) -> None:
    """Frames of our own making are numbered without a hole and stay as far apart as their source's."""
    stream = StreamMap(VIDEO, first_seq, 0)
    for _ in range(3):
        stream.inject(5.0)
    stream.align(1, source_ts, 5.2)
    made = [stream.follow((source_ts + i * interval) & 0xFFFFFFFF, 5.2 + i) for i in range(frames)]
    assert [seq for seq, _ in made] == [(first_seq + 3 + i) & 0xFFFF for i in range(frames)]
    assert [(ts - made[0][1]) & 0xFFFFFFFF for _, ts in made] == [i * interval for i in range(frames)]
    assert ts_newer(made[0][1], 2)
    assert stream.next_seq == (made[-1][0] + 1) & 0xFFFF
    assert seq_newer(stream.next_seq, made[0][0])
