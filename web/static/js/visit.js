// What this tab remembers of the visit, so that a reload in the middle of a conversation leads straight back into it, and so
// that who was muted stays muted. It is gone with the tab.

/** Longer than this a reload does not take, and a place is not held: a tab that is restored later begins at the door. */
const RELOADED_WITHIN_MS = 60_000;
const NOTHING = Object.freeze({ inside: false, unloadedOn: 0, outgoing: null, wishes: null, muted: null, devices: {}, word: "", away: false });

export class Visit {
  #key;
  #known;

  constructor(callId, me) {
    this.#key = `holdspace:${callId}:${me}`;
    this.#known = { ...NOTHING, ...this.#load() };
    /** Whether the page before this one in the tab was in the call: a reload. A duplicated tab copies all but this. */
    this.reloaded = Date.now() - this.#known.unloadedOn < RELOADED_WITHIN_MS;
    if (this.#known.unloadedOn && !this.reloaded) this.keep({ inside: false });
    /** Whether the page before this one led here, since its line had been away for long. */
    this.wasAway = this.#known.away;
    this.keep({ unloadedOn: 0, away: false });
  }

  /** Whether this tab was in the conversation (past the device check). */
  get inside() {
    return this.#known.inside;
  }

  /** How I want to be seen; null: not chosen in this tab. */
  get outgoing() {
    return this.#known.outgoing;
  }

  /** What else I wish about distance, as `Wishes` takes it; null: nothing is known in this tab. */
  get wishes() {
    return this.#known.wishes;
  }

  /** Whether I muted myself; null: not chosen in this tab. */
  get muted() {
    return this.#known.muted;
  }

  /** The chosen devices, as `Devices` takes them. */
  get devices() {
    return this.#known.devices;
  }

  /** The word for later. */
  get word() {
    return this.#known.word;
  }

  /** Remember some of these; where storage is blocked, only until the page goes. */
  keep(fields) {
    Object.assign(this.#known, fields);
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this.#known));
    } catch {
      // Blocked storage costs only the short way back.
    }
  }

  /** Forget how I am seen and heard: it is decided elsewhere. */
  startAfresh() {
    this.keep({ inside: false, outgoing: null, wishes: null, muted: null });
  }

  /** Forget everything. */
  forget() {
    this.#known = { ...NOTHING };
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // Nothing was remembered then.
    }
  }

  #load() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#key));
    } catch {
      return null; // storage is blocked or holds something else: then the check is shown again
    }
  }
}
