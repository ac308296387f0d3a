"""What everyone is told of a proposal: the same words for each kind, whole."""

from media.mediation.proposals import Proposal, aim_fields
from media.mediation.state import Draft


def tell_proposal(draft: Draft, proposal: Proposal, what: str) -> None:
    """Say what became of a proposal, whole: a closed one stands in no snapshot any more."""
    fields = {"kind": proposal.kind, "by": proposal.by, **aim_fields(proposal.aim)}
    draft.tell(f"proposal.{what}", proposal=proposal.id, **fields)
