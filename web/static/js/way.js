// One way for media to the server: one RTCPeerConnection, from its offer to its end. Own sound and picture out, every other seat's
// in. It offers once and never renegotiates; another way is built beside it when it carries nothing any more.

const RELAY_PATIENCE_MS = 4_000;
// What a relay says of a name or a password that it does not know, or whose time is over (RFC 8656).
const REFUSALS = new Set([401, 438]);

/** Events: `state` (the connection's), `refused` (a relay refused, and nothing is up without it). */
export class Way extends EventTarget {
  #byMid = new Map();
  #closed = false;

  /** `settings`: {seats, iceServers}; `tracks`: {audio, video}, own tracks or null. */
  constructor(settings, tracks) {
    super();
    // One transport from the start: otherwise a browser asks the relay for one place per m-line, and gives all but one back.
    this.connection = new RTCPeerConnection({ iceServers: settings.iceServers, bundlePolicy: "max-bundle" });
    this.#addSeats(settings.seats, tracks);
    this.connection.onconnectionstatechange = () => this.dispatchEvent(new Event("state"));
    this.#watchRelay();
  }

  /** Whether media can flow. */
  get up() {
    return this.connection.connectionState === "connected";
  }

  /** Whether it is over without our doing. */
  get broken() {
    return !this.#closed && ["failed", "closed"].includes(this.connection.connectionState);
  }

  /** Whether it is still on its way to its first connection. */
  get pending() {
    return ["new", "connecting"].includes(this.connection.connectionState);
  }

  /** `offer(sdp)` brings the server's answer. Resolves with who is carried where; throws what the offer met with. */
  async open(offer) {
    const { connection } = this;
    await connection.setLocalDescription();
    const answer = await offer(connection.localDescription.sdp);
    if (this.#closed) return [];
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.#byMid = new Map(connection.getTransceivers().map((t) => [t.mid, t.receiver.track]));
    return answer.receive;
  }

  /** The receiving track of an m-line, or null. */
  track(mid) {
    return this.#byMid.get(mid) ?? null;
  }

  /** Send other tracks without a new offer. */
  useTracks({ audio, video }) {
    const [sendAudio, sendVideo] = this.connection.getSenders();
    return Promise.all([sendAudio.replaceTrack(audio), sendVideo.replaceTrack(video)]);
  }

  close() {
    this.#closed = true;
    this.connection.close();
  }

  // A transceiver without a track is offered too: whoever has no camera or microphone joins and listens all the same.
  #addSeats(seats, { audio, video }) {
    const own = { direction: "sendonly", streams: [new MediaStream()] };
    this.connection.addTransceiver(audio ?? "audio", own);
    this.#addPicture(video, own);
    for (let seat = 1; seat < seats; seat++) {
      this.connection.addTransceiver("audio", { direction: "recvonly" });
      this.connection.addTransceiver("video", { direction: "recvonly" });
    }
  }

  // Every second frame made so that no other needs it: whoever sees me through a blur then costs the server half.
  #addPicture(video, own) {
    const layered = { ...own, sendEncodings: [{ scalabilityMode: "L1T2" }] };
    try {
      this.connection.addTransceiver(video ?? "video", layered);
    } catch {
      this.connection.addTransceiver(video ?? "video", own); // a browser that knows the word and can't do it
    }
  }

  // A refusal matters only to somebody whose connection does not come up without the relay.
  #watchRelay() {
    this.connection.onicecandidateerror = ({ errorCode, url }) => {
      if (!REFUSALS.has(errorCode) || !/^turns?:/.test(url)) return;
      this.connection.onicecandidateerror = null;
      setTimeout(() => this.up || this.#closed || this.dispatchEvent(new Event("refused")), RELAY_PATIENCE_MS);
    };
  }
}
