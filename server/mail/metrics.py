"""The postman's numbers for operators: how many letters wait, and what became of those that this process had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from server.mail.postman import Counts


class LettersCollector(Collector):
    """Reads the postman's counts whenever it is asked."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """All families; the counter has its label for every end, also before anything was sent."""
        counts = self._counts
        yield GaugeMetricFamily(
            "holdspace_letters_waiting",
            "Letters that waited or were on their way when this process last looked.",
            value=counts.waiting,
        )
        ends = CounterMetricFamily(
            "holdspace_letters", "Letters by what became of them in this process.", labels=["state"]
        )
        for state in ("sent", "failed", "uncertain"):
            ends.add_metric([state], getattr(counts, state))
        yield ends
