"""Finds the compiled lane, if it was built, and tells it the classes that steady packets meet."""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from media.mediation.distance import Distance
from media.plane.aiortc_seam import MediaLink
from media.plane.downlink_audio import AudioDownlink
from media.plane.downlink_video import Gate, VideoDownlink
from media.plane.history import History
from media.plane.intake import MAX_OCTETS_PER_S, MAX_PACKETS_PER_S, Intake
from media.plane.reception import Reception
from media.plane.silence import SILENCE_LEVEL
from media.plane.slot import Slot
from media.plane.stream_map import StreamMap
from media.plane.subject import Subject
from media.plane.uplink import AudioUplink, VideoUplink

if TYPE_CHECKING:
    from types import ModuleType

PacketPath = Literal["auto", "python", "compiled"]

logger = logging.getLogger(__name__)


class LaneMissingError(RuntimeError):
    """The compiled lane can't be used; says why."""


@cache
def bound_lane() -> ModuleType:
    """The compiled lane, ready for packets. Raises LaneMissingError."""
    try:
        lane = import_module("media.plane.lane._lane")
    except ImportError:
        raise LaneMissingError("it was not built for this Python (docs/packet-path.md)") from None
    try:
        lane.bind(
            MediaLink=MediaLink,
            Intake=Intake,
            Subject=Subject,
            Slot=Slot,
            History=History,
            AudioUplink=AudioUplink,
            VideoUplink=VideoUplink,
            Reception=Reception,
            AudioDownlink=AudioDownlink,
            VideoDownlink=VideoDownlink,
            StreamMap=StreamMap,
            audio_receive=AudioUplink.receive,
            video_receive=VideoUplink.receive,
            subject_audio=Subject.audio,
            subject_video=Subject.video,
            clear=Distance.CLEAR,
            open=Gate.OPEN,
            most_packets=MAX_PACKETS_PER_S,
            most_octets=MAX_OCTETS_PER_S,
            silence=SILENCE_LEVEL,
        )
    except TypeError:
        raise LaneMissingError("it was built from an older source; build it again") from None
    return lane


def lane_missing() -> str | None:
    """Why there is no compiled lane; None where there is one."""
    try:
        bound_lane()
    except LaneMissingError as error:
        return str(error)
    return None


def takes_lane(asked: PacketPath) -> bool:
    """Whether packets take the compiled lane, and a line in the log that says so. Raises LaneMissingError."""
    missing = "it was not asked for" if asked == "python" else lane_missing()
    if asked == "compiled" and missing is not None:
        raise LaneMissingError(missing)
    if missing is None:
        logger.info("packets take the compiled path")
    else:
        logger.info("packets take the pure Python path, not the compiled one: %s", missing)
    return missing is None
