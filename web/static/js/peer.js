// The one peer connection: own sound and picture out, every other seat's in. It offers once and never renegotiates;
// when the connection is lost for long it is built anew.

const PATIENCE_MS = 4_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Events: `streams` (the map of participant → {audio, video} tracks changed), `link` (detail: "connecting" | "up" | "down").
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
    const connection = new RTCPeerConnection({ iceServers: this.settings.iceServers });
    this.#connection = connection;
    this.#watch(connection);
    this.#addSeats(connection);
    try {
      await connection.setLocalDescription();
      const answer = await this.offer(connection.localDescription.sdp);
      if (mine !== this.#generation) return;
      await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      this.setReceive(answer.receive);
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
        this.#setLink("down");
        this.#again(this.#nextWait());
      } else if (state === "disconnected") {
        this.#setLink("down");
        this.#again(PATIENCE_MS);
      }
    };
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
