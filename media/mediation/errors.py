"""Why a command was refused. An error changes nothing.

MediationError
├── NotYourRight         forbidden            the role or the person may not do this
├── NotInThisPhase       wrong-phase          not while waiting or in a break, or it has ended
├── NotPresent           not-present          the person is absent, or does not take part yet
├── UnknownParticipant   unknown-participant  no such seat
├── OutOfRange           out-of-range         a number or a choice outside its limits
├── NotHolder            not-holder           needs the stick
├── FloorTaken           floor-taken          the stick is with that person already
├── AlreadyQueued        already-queued       waits for the stick already
├── UnknownFormat        unknown-format       no such format
├── UnknownProposal      unknown-proposal     no such proposal is open
├── ProposalOpen         proposal-open        one of this kind waits for answers
└── NothingToChange      unchanged            it is so already
"""

# ruff: noqa: N818 - the names say the refusal ("NotHolder"), as the signaling layer's codes do

from typing import ClassVar


class MediationError(Exception):
    """A command was refused: `code` is stable and for programs, `detail` is for people."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotYourRight(MediationError):
    """The role or the person may not do this."""

    code = "forbidden"


class NotInThisPhase(MediationError):
    """The conversation has not begun, has paused, or has ended."""

    code = "wrong-phase"


class NotPresent(MediationError):
    """The person is absent, or present but not taking part."""

    code = "not-present"


class UnknownParticipant(MediationError):
    """No seat has this id."""

    code = "unknown-participant"


class OutOfRange(MediationError):
    """A number or a choice outside its limits."""

    code = "out-of-range"


class NotHolder(MediationError):
    """The command needs the stick."""

    code = "not-holder"


class FloorTaken(MediationError):
    """The stick is with that person already."""

    code = "floor-taken"


class AlreadyQueued(MediationError):
    """The person waits for the stick already."""

    code = "already-queued"


class UnknownFormat(MediationError):
    """No format has this name."""

    code = "unknown-format"


class UnknownProposal(MediationError):
    """No proposal with this id is open."""

    code = "unknown-proposal"


class ProposalOpen(MediationError):
    """A proposal of this kind waits for answers already."""

    code = "proposal-open"


class NothingToChange(MediationError):
    """What is proposed is so already; nobody is asked about nothing."""

    code = "unchanged"
