// Own sound and picture to the server, everybody else's from it: make before break. When the way in use carries nothing any more, or
// the network has changed, a second one is built beside it. The first stays until the second is up, and a moment longer, so that
// what it has received plays to its end.

import { Pulse } from "./pulse.js";
import { Way } from "./way.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 2_000; // what went wrong is the network, and it may be back at any moment
const LONGEST_REFUSED_MS = 15_000; // the server said no
const STEADY_MS = 5_000; // a way that was up for so long is replaced at once
const OLD_STAYS_MS = 1_500;
// The server gives an unfinished join up after 10 s; what is not up by now never comes up, and no browser says so.
const JOIN_MS = 10_500;
const REFUSED =
  "The relay refused this connection; reload this page to be let in anew. If that does not help, whoever runs this server must look at the relay.";

/**
 * Events: `streams` (the map of participant → {audio, video} tracks changed), `link` (detail: "connecting" | "up" | "down"),
 * `trouble` (detail: words for the person).
 * `offer(sdp)` sends the offer and resolves with the server's answer message.
 */
export class Peer extends EventTarget {
  #way = null; // in use
  #next = null; // is being built
  #old = new Set(); // play to their end
  #receive = [];
  #timer = 0;
  #wait = FIRST_WAIT_MS;
  #upSince = 0;
  #moved = false; // the network has changed since the way in use came up
  #pulse = new Pulse();

  constructor(offer) {
    super();
    this.offer = offer;
    this.link = "connecting";
    this.settings = { seats: 2, iceServers: [] };
    this.tracks = { audio: null, video: null };
    this.#pulse.addEventListener("beat", () => this.#felt());
    addEventListener("online", () => this.#move());
  }

  /** The RTCPeerConnection that is in use, or that will be the first; null before it and after `close`. */
  get connection() {
    return (this.#way ?? this.#next)?.connection ?? null;
  }

  /** Whether media flow, by a way that need not be replaced. */
  get flows() {
    return this.link === "up" && this.#pulse.alive && !this.#moved;
  }

  /** Build a way; the one in use, if there is one, stays until the new one is up. */
  async start() {
    this.#rest();
    this.#next?.close();
    const way = (this.#next = new Way(this.settings, this.tracks));
    if (!this.#way) this.#setLink("connecting");
    way.addEventListener("state", () => this.#changed(way));
    way.addEventListener("refused", () => way === this.#next && this.#say(REFUSED));
    try {
      const receive = await way.open(this.offer);
      if (way === this.#next) this.#answered(way, receive);
    } catch (error) {
      if (way === this.#next) this.#failed(error.name === "Refused" ? LONGEST_REFUSED_MS : LONGEST_WAIT_MS);
    }
  }

  /** Who is carried on which m-line: `[{participant, audio_mid, video_mid}]`; the same on every way, since all offer the same. */
  setReceive(receive) {
    this.#receive = receive;
    this.dispatchEvent(new Event("streams"));
  }

  /** participant id → {audio, video}: the receiving tracks, or null. */
  streams() {
    const way = this.#way ?? this.#next;
    return new Map(
      this.#receive.map((r) => [
        r.participant,
        { audio: way?.track(r.audio_mid) ?? null, video: way?.track(r.video_mid) ?? null },
      ]),
    );
  }

  /** Take other devices without a new offer. */
  async useTracks({ audio, video }) {
    this.tracks = { audio, video };
    await Promise.all([this.#way, this.#next].map((way) => way?.useTracks(this.tracks)));
  }

  /** What sends my picture, on the way in use and on the one that is being built. */
  get pictureSenders() {
    return [this.#way, this.#next].flatMap((way) => way?.connection.getSenders()[1] ?? []);
  }

  /** Let go of everything; `start` builds anew. */
  close() {
    this.#rest();
    for (const way of [this.#way, this.#next, ...this.#old]) way?.close();
    this.#way = this.#next = null;
    this.#old.clear();
    this.#pulse.watch(null);
    this.setReceive([]);
  }

  #answered(way, receive) {
    this.setReceive(receive);
    this.#timer = setTimeout(() => way === this.#next && way.pending && this.#failed(LONGEST_WAIT_MS), JOIN_MS);
  }

  #changed(way) {
    if (way === this.#next && way.up) this.#takeOver(way);
    else if (way === this.#next && way.broken) this.#failed(LONGEST_WAIT_MS);
    else if (way === this.#way && way.broken) this.#felt();
  }

  // The server has let go of the old way in this moment: it sends by the new one alone, and takes nothing in by the old.
  #takeOver(way) {
    this.#rest();
    if (this.#way) this.#retire(this.#way);
    this.#way = way;
    this.#next = null;
    this.#moved = false;
    this.#upSince = performance.now();
    this.#pulse.watch(way.connection);
    this.#setLink("up");
    this.dispatchEvent(new Event("streams"));
  }

  #retire(old) {
    old.useTracks({ audio: null, video: null }).catch(() => {}); // closed already
    this.#old.add(old);
    setTimeout(() => {
      old.close();
      this.#old.delete(old);
    }, OLD_STAYS_MS);
  }

  #failed(longest) {
    this.#next?.close();
    this.#next = null;
    if (!this.#way || !this.flows) this.#setLink("down");
    this.#again(longest);
  }

  // The way in use has fallen silent, or is heard again.
  #felt() {
    const way = this.#way;
    if (!way) return;
    if (this.#pulse.alive && !way.broken) {
      if (!this.#moved && !this.#next) this.#rest();
      return this.#setLink("up");
    }
    this.#setLink("down");
    this.#renew();
  }

  #move() {
    if (!this.#way) return;
    this.#moved = true;
    this.#renew();
  }

  #renew() {
    if (this.#next || (this.#timer && !this.#moved)) return;
    if (performance.now() - this.#upSince < STEADY_MS && !this.#moved) return this.#again(LONGEST_WAIT_MS);
    this.#wait = FIRST_WAIT_MS;
    this.start();
  }

  #again(longest) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, longest);
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #say(words) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: words }));
  }

  #setLink(link) {
    if (this.link === link) return;
    this.link = link;
    this.dispatchEvent(new CustomEvent("link", { detail: link }));
  }
}
