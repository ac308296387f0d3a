"""What can go wrong between a client's message and its effect, and how it is said.

SignalingError
├── ProtocolError          the client's fault; nothing changed
│   ├── MalformedError       malformed       not a text of one JSON object
│   ├── InvalidError         invalid         a field is missing, wrong or too much; the detail names it
│   ├── UnknownTypeError     unknown-type    no such message
│   ├── TooLargeError        too-large       more bytes than a message may have
│   ├── TooManyError         too-many        faster than anybody needs to
│   ├── NotJoinedError       not-joined      the first message is `join`
│   ├── AlreadyJoinedError   already-joined  this connection has joined
│   ├── OfferPendingError    offer-pending   an offer of this participant is being answered
│   └── ReplacedError        replaced        another page has this one's place
├── BusyError              too-busy        as many calls are live as the server takes
└── FailedError            failed          the server's fault; sound and picture are stopped, not open

Besides these a client meets the codes of `media.mediation.errors`, of `media.plane.interface.OfferRefusedError` and
of `signaling.calls.DoorRefusedError`.
"""

from __future__ import annotations

from typing import ClassVar


class SignalingError(Exception):
    """A message was not carried out: `code` is stable and for programs, `detail` is for people."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str, re: str | int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.re = re
        """The id of the message this answers, where it could be read."""


class ProtocolError(SignalingError):
    """The client's message is not one that can be carried out."""


class MalformedError(ProtocolError):
    """Not a text frame with one JSON object."""

    code = "malformed"


class InvalidError(ProtocolError):
    """A field is missing, wrong or too much."""

    code = "invalid"


class UnknownTypeError(ProtocolError):
    """No message has this type."""

    code = "unknown-type"


class TooLargeError(ProtocolError):
    """More bytes than a message may have."""

    code = "too-large"


class TooManyError(ProtocolError):
    """Faster than the limits allow."""

    code = "too-many"


class NotJoinedError(ProtocolError):
    """Another message came before `join`."""

    code = "not-joined"


class AlreadyJoinedError(ProtocolError):
    """This connection has joined already."""

    code = "already-joined"


class ReplacedError(ProtocolError):
    """The participant has joined from another place since; this page does not take it back unasked."""

    code = "replaced"


class OfferPendingError(ProtocolError):
    """One offer at a time."""

    code = "offer-pending"


class BusyError(SignalingError):
    """The server has no room for another call."""

    code = "too-busy"


class FailedError(SignalingError):
    """The server could not carry it out and has closed what it could not control."""

    code = "failed"
