"""The one way from a plan to the media path, which fails closed.

What the plane can't obey is denied as a whole; the plan is tried again every `retry_s`, and with every change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from media.mediation.plan import Plan

if TYPE_CHECKING:
    from media.plane.interface import MediaPlane
    from signaling.settings import SignalingSettings

_log = structlog.get_logger("holdspace.signaling")
_DENY_ALL = Plan(views={})


class Gates:
    """Everybody's gates in one room."""

    def __init__(self, plane: MediaPlane, call_id: str, settings: SignalingSettings) -> None:
        self._plane = plane
        self._call_id = call_id
        self._settings = settings
        self._failures = 0
        self.retry_due: float | None = None
        """When to try the plan again (monotonic s), while the media path is stopped."""

    @property
    def stopped(self) -> bool:
        """Whether everything is closed, whatever the plan says."""
        return self._failures > 0

    def obey(self, plan: Plan, now: float) -> None:
        """Carry the plan out, or close everything. What is raised: not even that was possible."""
        try:
            self._plane.apply(plan)
        except Exception as error:  # noqa: BLE001 - whatever the plane raises, the microphones must close
            self._note("room.apply_failed", error)
            self._plane.apply(_DENY_ALL)
            self._failures += 1
            # A plane that is broken for good is asked by people's commands alone after a while.
            again = self._failures <= self._settings.max_retries
            self.retry_due = now + self._settings.retry_s if again else None
        else:
            self._failures = 0
            self.retry_due = None

    def shut(self) -> None:
        """Close everything now, as far as the plane is able to."""
        self.retry_due = None
        try:
            self._plane.apply(_DENY_ALL)
        except Exception as error:  # noqa: BLE001 - the room closes the plane itself next
            self._note("room.shut_failed", error)

    def _note(self, event: str, error: Exception) -> None:
        _log.error(event, call=self._call_id, error=type(error).__name__)
