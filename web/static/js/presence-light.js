// Whether somebody without a picture speaks, is silent, or can't be heard: from the level that their browser writes beside each
// packet of sound (RFC 6464) and the server passes on. Nothing is decoded for it.

const LOOK_EVERY_MS = 100;
const SPEAKS_ABOVE = 0.012; // of full scale, about -38 dB: a voice, and not the room
const STILL_SPEAKS_MS = 900; // a breath between two words
const STALE_MS = 1_500; // nothing has come for so long: what was loud then says nothing of now
const LOUDEST_DB = 40; // above the threshold

/** What a presence is called. */
const WORDS = {
  speaking: "Speaking",
  silent: "Here, and silent just now",
  muted: "Here. The microphone is off",
  closed: "Here, and listening",
  free: "Here",
};

/** Event: `change`, for those who show it. */
export class PresenceLight extends EventTarget {
  #tracks = new Map(); // participant → receiving track
  #heard = new Map(); // participant → { at, level, spokeAt }

  /** `receivers()`: the RTCRtpReceivers in use. */
  constructor(state, receivers) {
    super();
    Object.assign(this, { state, receivers });
    setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** This participant's sound arrives by this track (null: by none). */
  listen(id, track) {
    this.#tracks.set(id, track);
  }

  /** "speaking", "silent", "muted", "closed" (by the stick) or "free" (nobody is heard). */
  of(id) {
    const person = this.state.others.find((p) => p.id === id);
    if (person?.microphone === false) return "muted";
    if (!this.state.view(this.state.me.id, id).heard) return this.state.floor?.holder ? "closed" : "free";
    return performance.now() - (this.#heard.get(id)?.spokeAt ?? -Infinity) < STILL_SPEAKS_MS ? "speaking" : "silent";
  }

  /** The same in words. */
  words(id) {
    return WORDS[this.of(id)];
  }

  /** How loud, 0 to 1 as ears hear it; nought unless they speak. */
  loudness(id) {
    const { level = 0 } = this.#heard.get(id) ?? {};
    if (this.of(id) !== "speaking" || level < SPEAKS_ABOVE) return 0;
    return Math.min(1, (20 * Math.log10(level / SPEAKS_ABOVE)) / LOUDEST_DB);
  }

  #look() {
    // Nobody looks, or nobody can be heard.
    if (document.hidden || !this.state.company.length) return;
    const receivers = this.receivers();
    for (const [id, track] of this.#tracks) {
      const [source] = receivers.find((r) => r.track === track)?.getSynchronizationSources() ?? [];
      this.#hear(id, source);
    }
    this.dispatchEvent(new Event("change"));
  }

  #hear(id, source) {
    const now = performance.now();
    const before = this.#heard.get(id) ?? { stamp: null, at: -Infinity, level: 0, spokeAt: -Infinity };
    const isNew = source !== undefined && source.timestamp !== before.stamp;
    const at = isNew ? now : before.at;
    const level = now - at > STALE_MS ? 0 : (source?.audioLevel ?? 0);
    const spokeAt = isNew && level > SPEAKS_ABOVE ? now : before.spokeAt;
    this.#heard.set(id, { stamp: source?.timestamp ?? null, at, level, spokeAt });
  }
}
