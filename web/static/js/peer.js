// The one peer connection: own sound and picture out, every other seat's in. It offers once and never renegotiates;
// when the connection is lost for long it is built anew.

const PATIENCE_MS = 4_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
// The server gives an unfinished join up after 10 s; what is not up by now never comes up.
const JOIN_MS = 12_000;
// What a relay says of a name or a password that it does not know, or whose time is over (RFC 8656).
const REFUSALS = new Set([401, 438]);
const REFUSED =
  "The relay refused this connection; reload this page to be let in anew. If that does not help, whoever runs this server must look at the relay.";

/**
 * Events: `streams` (the map of participant → {audio, video} tracks changed), `link` (detail: "connecting" | "up" | "down").
 * `trouble` (detail: words for the person).
 * `offer(sdp)` sends the offer and resolves with the server's answer message.
 */
export class Peer extends EventTarget {
  #connection = null;
  #receive = [];
  #timer = 0;
  #wait = FIRST_WAIT_MS;
  #generation = 0;

  constructor(offer) {
    super();
    this.offer = offer;
    this.link = "connecting";
    this.settings = { seats: 2, iceServers: [] };
    this.tracks = { audio: null, video: null };
  }

  /** The RTCPeerConnection that is in use; null before the first and after `close`. */
  get connection() {
    return this.#connection;
  }

  /** Build the connection, or build it anew; a second offer replaces the first on the server. */
  async start() {
    const mine = ++this.#generation;
    this.#tearDown();
    this.#setLink("connecting");
    // One transport from the start: otherwise a browser asks the relay for one place per m-line, and gives all but one back.
    const connection = new RTCPeerConnection({ iceServers: this.settings.iceServers, bundlePolicy: "max-bundle" });
    this.#connection = connection;
    this.#watch(connection);
    this.#addSeats(connection);
    try {
      await connection.setLocalDescription();
      const answer = await this.offer(connection.localDescription.sdp);
      if (mine !== this.#generation) return;
      await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      this.setReceive(answer.receive);
      if (mine === this.#generation) this.#expect(connection);
    } catch (error) {
      if (mine !== this.#generation) return;
      this.#setLink("down");
      if (error.name !== "LineDropped") this.#again(this.#nextWait());
    }
  }

  /** Who is carried on which m-line: `[{participant, audio_mid, video_mid}]`. */
  setReceive(receive) {
    this.#receive = receive;
    this.dispatchEvent(new Event("streams"));
  }

  /** participant id → {audio, video}: the receiving tracks, or null. */
  streams() {
    const byMid = new Map((this.#connection?.getTransceivers() ?? []).map((t) => [t.mid, t.receiver.track]));
    return new Map(
      this.#receive.map((r) => [
        r.participant,
        { audio: byMid.get(r.audio_mid) ?? null, video: byMid.get(r.video_mid) ?? null },
      ]),
    );
  }

  /** Take other devices without a new offer. */
  async useTracks({ audio, video }) {
    this.tracks = { audio, video };
    const [sendAudio, sendVideo] = this.#connection?.getSenders() ?? [];
    await Promise.all([sendAudio?.replaceTrack(audio), sendVideo?.replaceTrack(video)]);
  }

  /** Let go of the connection; `start` builds another. */
  close() {
    this.#generation++;
    this.#tearDown();
    this.#receive = [];
    this.dispatchEvent(new Event("streams"));
  }

  // A transceiver without a track is offered too: whoever has no camera or microphone joins and listens all the same.
  #addSeats(connection) {
    const own = { direction: "sendonly", streams: [new MediaStream()] };
    connection.addTransceiver(this.tracks.audio ?? "audio", own);
    connection.addTransceiver(this.tracks.video ?? "video", own);
    for (let seat = 1; seat < this.settings.seats; seat++) {
      connection.addTransceiver("audio", { direction: "recvonly" });
      connection.addTransceiver("video", { direction: "recvonly" });
    }
  }

  #watch(connection) {
    connection.onconnectionstatechange = () => {
      if (connection !== this.#connection) return;
      const state = connection.connectionState;
      if (state === "connected") {
        clearTimeout(this.#timer);
        this.#wait = FIRST_WAIT_MS;
        this.#setLink("up");
      } else if (state === "failed") {
        this.#down(this.#nextWait());
      } else if (state === "disconnected") {
        this.#down(PATIENCE_MS);
      }
    };
    this.#watchRelay(connection);
  }

  // A refusal matters only to somebody whose connection does not come up without the relay.
  #watchRelay(connection) {
    connection.onicecandidateerror = ({ errorCode, url }) => {
      if (!REFUSALS.has(errorCode) || !/^turns?:/.test(url)) return;
      connection.onicecandidateerror = null;
      setTimeout(() => {
        if (connection !== this.#connection || this.link === "up") return;
        this.dispatchEvent(new CustomEvent("trouble", { detail: REFUSED }));
      }, PATIENCE_MS);
    };
  }

  // A browser that finds no way at all never says that the connection has failed.
  #expect(connection) {
    if (!["new", "connecting"].includes(connection.connectionState)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#down(this.#nextWait()), JOIN_MS);
  }

  #down(againMs) {
    this.#setLink("down");
    this.#again(againMs);
  }

  #again(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), afterMs);
  }

  #nextWait() {
    const wait = this.#wait;
    this.#wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    return wait;
  }

  #tearDown() {
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
  }

  #setLink(link) {
    if (this.link === link) return;
    this.link = link;
    this.dispatchEvent(new CustomEvent("link", { detail: link }));
  }
}
