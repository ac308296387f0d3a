"""A browser that does without some of what protects sound: redundant packets (RED), Opus's in-band FEC.

Both are negotiated by the page, so leaving them out is a script in front of it; the product has no switch for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# The browser's own list of sound codecs, without RED.
_NO_RED: Final = """
const addAny = RTCPeerConnection.prototype.addTransceiver;
RTCPeerConnection.prototype.addTransceiver = function (...wanted) {
  const transceiver = addAny.apply(this, wanted);
  if (transceiver.receiver.track.kind === "audio") {
    const { codecs } = RTCRtpReceiver.getCapabilities("audio");
    transceiver.setCodecPreferences(codecs.filter((codec) => codec.mimeType !== "audio/red"));
  }
  return transceiver;
};
"""
# What the other side says that it can use is what the browser's encoder goes by.
_NO_FEC: Final = """
const takeAny = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  return takeAny.call(this, { type, sdp: sdp.replaceAll("useinbandfec=1", "useinbandfec=0") });
};
"""
SOUND: Final[Mapping[str, tuple[str, ...]]] = {
    "both": (),
    "fec": (_NO_RED,),
    "red": (_NO_FEC,),
    "neither": (_NO_RED, _NO_FEC),
}
"""What protects sound, and the scripts with which a page is left with that."""
