"""The private members of aiortc, aioice and pylibsrtp that the plane relies on, each by name, kind and signature.

Whoever raises one of the three pins runs this first: what moved or changed its shape fails here, by its name.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import random
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, Connection, StunProtocol, get_host_addresses
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDtlsTransport,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from pylibsrtp import SRTP_MAX_SRTCP_TRAILER_LEN, Error, Policy, Session, _binding

from media.plane import aiortc_seam
from media.plane.aiortc_seam import MAX_SRTP_PACKET, MAX_SRTP_TRAILER, _Srtp, is_rtcp
from media.plane.sdp_offer import canonical_sdp, parse_offer
from tests.media.plane.offers import small_offer
from tests.media.plane.rtp_wire import Header

ROOT = Path(__file__).parents[3]
SEAM = ROOT / "media" / "plane" / "aiortc_seam.py"
LIBRARIES = ("aiortc", "aioice", "pylibsrtp")

PRIVATE = {
    "_connection",  # RTCIceGatherer: its ICE agent
    "_queue",  # Connection: datagrams for DTLS
    "_protocols",  # Connection: its sockets
    "_nominated",  # Connection: the pair that media uses, by component
    "_remote_candidates",  # Connection: whom it has checks with
    "_rx_srtp",  # RTCDtlsTransport: the session that decrypts
    "_tx_srtp",  # RTCDtlsTransport: the session that encrypts
    "_srtp",  # Session: libsrtp's own handle
    "_cdata",  # Session: its buffer, for libsrtp
    "_buffer",  # Session: the same buffer, for Python
    "_binding",  # pylibsrtp: the functions of libsrtp
}
"""Every private member that the seam touches, and whose it is."""


def parameters(function: Any) -> list[str]:
    """The names of a function's parameters."""
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("library", "minor"), [("aiortc", "1.16."), ("aioice", "0.13."), ("pylibsrtp", "1.0.")]
)
def test_versions_are_those_that_were_read(library: str, minor: str) -> None:
    """The seam was written against these minor versions; another needs this file gone through first."""
    assert version(library).startswith(minor)


async def test_members_of_a_connection_under_negotiation() -> None:
    """The objects that the seam reaches into, at the moment at which it does: after the remote description."""
    stack = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    text = canonical_sdp(parse_offer(small_offer()))
    await stack.setRemoteDescription(RTCSessionDescription(sdp=text, type="offer"))
    transceivers = stack.getTransceivers()
    dtls = transceivers[0].receiver.transport
    ice = dtls.transport.iceGatherer._connection
    await stack.close()
    assert isinstance(dtls, RTCDtlsTransport)
    assert {t.receiver.transport for t in transceivers} == {dtls}
    for unused in aiortc_seam._UNUSED_OF_RECEIVER:
        assert all(hasattr(t.receiver, unused) for t in transceivers)
    assert (dtls._rx_srtp, dtls._tx_srtp) == (None, None)
    assert isinstance(ice, Connection)
    assert isinstance(ice._queue, asyncio.Queue)
    assert isinstance(ice._protocols, list)
    assert isinstance(ice._remote_candidates, list)
    assert isinstance(ice._nominated, dict)
    assert isinstance(ice.local_candidates, list)
    assert all(isinstance(t, RTCRtpTransceiver) and t.kind in ("audio", "video") for t in transceivers)


@pytest.mark.parametrize(
    ("function", "names", "is_coroutine"),
    [
        (RTCRtpSender.send, ["self", "parameters"], True),
        (RTCRtpSender.stop, ["self"], True),
        (RTCRtpReceiver.receive, ["self", "parameters"], True),
        (RTCRtpReceiver.stop, ["self"], True),
        (RTCRtpTransceiver.setCodecPreferences, ["self", "codecs"], False),
        (Connection.get_component_candidates, ["self", "component", "addresses", "timeout"], True),
        (Connection.data_received, ["self", "data", "component"], False),
        (Connection.request_received, ["self", "message", "addr", "protocol"], False),
        (StunProtocol.__init__, ["self", "receiver"], False),
        (StunProtocol.datagram_received, ["self", "data", "addr"], False),
        (StunProtocol.send_stun, ["self", "message", "addr"], False),
        (stun.Transaction.response_received, ["self", "message", "addr"], False),
        (stun.parse_message, ["data"], False),
        (candidate_foundation, ["candidate_type", "candidate_transport", "base_address"], False),
        (candidate_priority, ["candidate_component", "candidate_type", "local_pref"], False),
        (get_host_addresses, ["use_ipv4", "use_ipv6"], False),
    ],
)
def test_functions_are_called_as_they_were(function: Any, names: list[str], is_coroutine: bool) -> None:  # noqa: FBT001 - a column of the table
    """Each function that the seam replaces, overrides or calls takes what it took."""
    assert parameters(function) == names
    assert inspect.iscoroutinefunction(function) is is_coroutine


def test_the_stack_starts_media_by_three_methods_alone() -> None:
    """RTCPeerConnection and the transceiver call nothing of senders and receivers while connecting but send, receive, stop."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(RTCPeerConnection)))  # type: ignore[arg-type]
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr in ("sender", "receiver")
    }
    assert {"send", "receive"} <= called
    assert called <= {"send", "receive", "stop", "replaceTrack", "setTransport", "_set_rtcp_ssrc"}
    assert "await self.__receiver.stop()" in inspect.getsource(RTCRtpTransceiver.stop)
    assert "await self.__sender.stop()" in inspect.getsource(RTCRtpTransceiver.stop)


async def test_members_of_a_stun_socket() -> None:
    """What the guarded socket reads of its base, and a pair of its socket."""
    ice = Connection(ice_controlling=False)
    socket = StunProtocol(ice)
    assert socket.receiver is ice
    assert socket.transactions == {}
    assert isinstance(socket.id, int)
    assert "local_candidate" in StunProtocol.__annotations__
    candidate = Candidate("1", 1, "udp", 1, "192.0.2.1", 5000, "host")
    pair = CandidatePair(socket, candidate)
    assert pair.protocol is socket
    assert pair.remote_addr == ("192.0.2.1", 5000)


class RecordingSocket(StunProtocol):
    """Keeps what the ICE agent answers, and to whom."""

    def __init__(self, ice: Connection) -> None:
        super().__init__(ice)
        self.answers: list[tuple[stun.Class, tuple[str, int]]] = []

    def send_stun(self, message: stun.Message, addr: tuple[str, int]) -> None:
        """As the seam overrides it."""
        self.answers.append((message.message_class, addr))


async def test_success_is_answered_after_message_integrity_alone() -> None:
    """An address counts as authenticated when a success goes to it: aioice sends one only for the right password."""
    ice = Connection(ice_controlling=False)
    socket = RecordingSocket(ice)
    keys = {1: None, 2: b"a wrong password that is long", 3: ice.local_password.encode()}
    for port, key in keys.items():
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        check.attributes["USERNAME"] = f"{ice.local_username}:remote"
        check.attributes["PRIORITY"] = 1
        if key is not None:
            check.add_message_integrity(key)
        ice.request_received(stun.parse_message(bytes(check)), ("192.0.2.1", port), socket)
    assert socket.answers == [
        (stun.Class.ERROR, ("192.0.2.1", 1)),
        (stun.Class.ERROR, ("192.0.2.1", 2)),
        (stun.Class.RESPONSE, ("192.0.2.1", 3)),
    ]


def sessions() -> tuple[Session, Session]:
    """One that encrypts and one that decrypts, with the same key."""
    key = random.Random(1).randbytes(30)
    made = [
        Session(Policy(key=key, ssrc_type=kind))
        for kind in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND)
    ]
    return made[0], made[1]


def test_members_of_an_srtp_session() -> None:
    """A handle behind a pointer, and one buffer seen twice, as large as the seam believes."""
    session, _ = sessions()
    assert _binding.ffi.typeof(session._srtp[0]).kind == "pointer"
    assert len(session._cdata) == len(session._buffer) == MAX_SRTP_PACKET
    session._buffer[0:3] = b"abc"
    assert bytes(_binding.ffi.buffer(session._cdata, 3)) == b"abc"
    for name in ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        function = _binding.ffi.typeof(getattr(_binding.lib, name))
        assert [kind.cname for kind in function.args] == ["struct srtp_ctx_t_ *", "void *", "int *"], name
    assert SRTP_MAX_SRTCP_TRAILER_LEN == MAX_SRTP_TRAILER


def test_our_srtp_is_pylibsrtps() -> None:
    """What the seam encrypts pylibsrtp decrypts and the other way round; replays and forgeries are None, not an error."""
    (out_a, in_a), (out_b, in_b) = sessions(), sessions()
    seam, there = _Srtp(in_a, out_a), (in_b, out_b)
    rtcp = bytes.fromhex("80c90001000000ff")
    for seq in range(5):
        packet = Header(seq=seq).packet(b"x" * 300 * seq)
        assert there[0].unprotect(seam.protect(packet)) == packet
        encrypted = there[1].protect(packet)
        assert seam.unprotect(encrypted) == packet
        assert seam.unprotect(encrypted) is None
        assert seam.unprotect(encrypted[:-1] + bytes((encrypted[-1] ^ 1,))) is None
        assert there[0].unprotect_rtcp(seam.protect_rtcp(rtcp)) == rtcp
        assert seam.unprotect(there[1].protect_rtcp(rtcp)) == rtcp
    with pytest.raises(Error):
        there[0].unprotect(b"\x80" * 40)


@pytest.mark.parametrize("size", [0, 1, 11, MAX_SRTP_PACKET + 1, 70_000])
def test_packets_of_impossible_size_never_reach_the_buffer(size: int) -> None:
    """Shorter than a header or longer than the buffer: None, and the session is as good as before."""
    outgoing, incoming = sessions()
    seam = _Srtp(incoming, outgoing)
    assert seam.unprotect(b"\x80" * size) is None
    if size > MAX_SRTP_PACKET:
        assert seam.protect(b"\x80" * size) is None
        assert seam.protect_rtcp(b"\x80" * size) is None
    largest = Header().packet(bytes(MAX_SRTP_PACKET - MAX_SRTP_TRAILER - 12))
    assert len(seam.protect(largest) or b"") > len(largest)
    assert seam.protect(largest + b"x") is None


def test_rtcp_is_told_by_its_second_octet() -> None:
    """RFC 5761 section 4: packet types 192 to 223 are RTCP, no RTP payload type with a marker among them."""
    assert [octet for octet in range(256) if is_rtcp(bytes((0x80, octet)))] == list(range(192, 224))


# The house: nobody else touches them


def sources() -> list[Path]:
    """Every Python file of the product."""
    folders = ("server", "web", "signaling", "media")
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST) -> list[tuple[str, list[str]]]:
    """(module, names) of each import."""
    found: list[tuple[str, list[str]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append((node.module or "", [alias.name for alias in node.names]))
    return found


def private(name: str) -> bool:
    """Whether a name is private by convention."""
    return name.startswith("_") and not name.startswith("__")


BY_NAME = ("getattr", "setattr", "delattr", "hasattr")


def private_reach(tree: ast.AST) -> set[str]:
    """Private attributes of anything but oneself, by dot or by name, and private things imported from the three libraries."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            found |= set() if own else {node.attr}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BY_NAME:
            found |= {str(arg.value) for arg in node.args[1:2] if isinstance(arg, ast.Constant)}
    found = {name for name in found if private(name)}
    for module, names in imports(tree):
        if module.split(".")[0] in LIBRARIES:
            found |= {part for part in (*module.split("."), *names) if private(part)}
    return found


def test_this_file_names_each_private_member() -> None:
    """What the seam reaches into is exactly what is listed and tested here."""
    assert private_reach(ast.parse(SEAM.read_text())) == PRIVATE


def test_nobody_else_touches_them() -> None:
    """No other file of the product reaches into a private member of those names, or of anything where it knows the libraries."""
    assert len(sources()) > 40
    for path in sources():
        tree = ast.parse(path.read_text())
        knows = any(module.split(".")[0] in LIBRARIES for module, _ in imports(tree))
        reach = private_reach(tree)
        if path != SEAM:
            assert not reach & (reach if knows else PRIVATE - {"_queue"}), path.relative_to(ROOT)


def test_the_libraries_are_known_in_the_plane_alone() -> None:
    """Imports of aiortc, aioice and pylibsrtp stand in media/plane and nowhere else."""
    knowing = {
        path.parent.relative_to(ROOT).as_posix()
        for path in sources()
        for module, _ in imports(ast.parse(path.read_text()))
        if module.split(".")[0] in LIBRARIES
    }
    assert knowing == {"media/plane"}
