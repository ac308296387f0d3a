"""The promises of the core under any course of events; ten thousand of them: `python -m tests.media.mediation.ten_thousand`."""

from hypothesis import HealthCheck, settings

from tests.media.mediation.any_conversation import AnyConversation

SEQUENCES = 150
"""So many that a run takes some seconds."""

TestAnyConversation = AnyConversation.TestCase
TestAnyConversation.settings = settings(
    max_examples=SEQUENCES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
