"""On the wire: a person's sound and picture stay in step, since both sender reports tell the same clock."""

import asyncio

from media.mediation.distance import Distance
from media.mediation.plan import ViewPlan
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import NTP_AT_ZERO_S
from tests.media.plane.wire_packets import Packet, Report

RATES = {"audio": 48_000, "video": 90_000}
MAX_ERROR_S = 0.001
FRAME_S = 0.08


def captured_at(packet: Packet, report: Report, rate: int) -> float:
    """The moment of the sender's clock that a packet belongs to, as a browser works it out of the last report."""
    step = (packet.ts - report.ts) & 0xFFFFFFFF
    step -= 1 << 32 if step > 1 << 31 else 0
    return report.ntp / 2**32 - NTP_AT_ZERO_S + step / rate


async def newest_report(call: Call, viewer: str, subject: str, kind: str) -> Report:
    """Wait for the next two sender reports of this stream; the last one."""
    client = call.clients[viewer]
    ssrc = client.ssrc(subject, kind)
    goal = sum(r.ssrc == ssrc for r in client.reports) + 2
    await client.until(
        lambda: sum(r.ssrc == ssrc for r in client.reports) >= goal, f"sender reports of {kind}"
    )
    return next(r for r in reversed(client.reports) if r.ssrc == ssrc)


async def assert_in_step(call: Call, viewer: str, subject: str) -> None:
    """Each kind's packets, put on the sender's clock by that kind's report, lie at their true moment of capture."""
    source = call.clients[subject]
    reports = await asyncio.gather(*(newest_report(call, viewer, subject, kind) for kind in RATES))
    for (kind, rate), report in zip(RATES.items(), reports, strict=True):
        packet = call.clients[viewer].stream(subject, kind)[-1]
        told = captured_at(packet, report, rate)
        if packet.payload in source.captured_at:
            assert abs(told - source.captured_at[packet.payload]) < MAX_ERROR_S
        else:  # a frame of the blur: it keeps the time of some frame of the camera
            moments = {source.captured_at[payload] for payload in source.sent_pictures}
            assert min(abs(told - moment) for moment in moments) < MAX_ERROR_S
            assert call.now() - told < 10 * FRAME_S


async def test_sound_and_picture_of_a_person_map_to_one_clock() -> None:
    """Forwarded and blurred, and again after both were closed and reopened: the error is under a millisecond."""
    async with Call() as call:
        blurred = {(TESS, ANN): ViewPlan(heard=True, distance=Distance.SOFT)}
        for _ in range(2):
            call.apply(Distance.CLEAR, EVERYONE, blurred)
            await call.sees_more(TESS, ANN, 5)
            await call.sees_more(BEN, ANN, 5)
            await asyncio.gather(*(assert_in_step(call, viewer, ANN) for viewer in (BEN, TESS)))
            call.apply()
            await call.acknowledged(ANN, packets=10)


async def test_closed_views_get_no_sender_reports() -> None:
    """Who may neither hear nor see somebody is told nothing of when they speak or show themselves."""
    async with Call() as call:
        call.apply(heard=[BEN])
        await newest_report(call, TESS, BEN, "audio")
        await call.acknowledged(packets=60)
        open_streams = {call.clients[viewer].ssrc(BEN, "audio") for viewer in (ANN, TESS)}
        reported = {report.ssrc for client in call.clients.values() for report in client.reports}
        assert reported == open_streams
