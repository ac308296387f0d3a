"""SRTP without a memory: decrypts a packet as often as it comes.

libsrtp drops what it has seen before, so that a retransmission of a packet that wasn't lost never shows. A hostile client has no
such scruples, and a test that looks for what a NACK fetches must not have them either.
"""

from unittest import mock

from aiortc import RTCDtlsTransport
from pylibsrtp import Error, Policy, Session


class ForgetfulSession:
    """Takes the place of a transport's receiving session."""

    def __init__(self, policy: Policy, session: Session) -> None:
        self._policy = policy
        self._session = session
        self.unprotect_rtcp = session.unprotect_rtcp

    def unprotect(self, data: bytes) -> bytes:
        """Decrypt, a repeated packet too.

        Raises:
            pylibsrtp.Error: it is not authentic.
        """
        try:
            return bytes(self._session.unprotect(data))
        except Error:
            return bytes(Session(self._policy).unprotect(data))


def forget_replays(dtls: RTCDtlsTransport) -> None:
    """Let this transport, which is not connected yet, take repeated packets."""
    setup = dtls._setup_srtp

    def setup_forgetful() -> None:
        policies: list[Policy] = []

        def remember(policy: Policy) -> Session:
            policies.append(policy)
            return Session(policy)

        with mock.patch("aiortc.rtcdtlstransport.Session", side_effect=remember):
            setup()
        dtls._rx_srtp = ForgetfulSession(policies[0], dtls._rx_srtp)

    dtls._setup_srtp = setup_forgetful
