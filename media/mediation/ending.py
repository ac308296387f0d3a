"""The end of a conversation for everyone: nothing after."""

from dataclasses import replace

from media.mediation.floor import EndReason
from media.mediation.people import Phase
from media.mediation.state import Draft
from media.mediation.telling import tell_proposal
from media.mediation.turns import drop


def end_for_all(draft: Draft) -> None:
    """Nobody is heard or seen any more, and nothing waits for an answer."""
    drop(draft, EndReason.REVOKED)
    for proposal in draft.state.proposals:
        tell_proposal(draft, proposal, "expired")
    draft.state = replace(draft.state, proposals=())
    draft.phase = Phase.ENDED
