// How much is left of what goes on (a turn, a slot to say back, a silence, a phase), on the server's clock, and the ring that shows it.

import { setText } from "./dom.js";

const REDRAW_MS = 250;
/** The last cue is for eyes alone, this many seconds before the end. */
const LAST_S = 10;

/**
 * What is counted down now, or null: {key, words, left, length, paused, calm}. `left` and `length` are seconds, `key` is another one for
 * each thing that is counted, `calm`: its end needs nobody to hurry.
 */
export function timing(state, now) {
  if (state.phase !== "talking" || state.awaitsAdmission(state.me.id)) return null;
  const { floor, mirror, step } = state;
  if (mirror) return until(`mirror ${mirror.by}`, "Time left to say it back", mirror.ends_at, mirror.length_s, now);
  if (floor.holder !== null) return turn(floor, now);
  if (state.rests) return calm(until("rest", "Time left of this silence", floor.rest_ends_at, floor.rest_seconds, now));
  if (step && step.ends_at !== null) return calm(until(`phase ${step.started_at}`, "Time left of this step", step.ends_at, step.seconds, now));
  return null;
}

// A paused turn keeps what it had.
function turn(floor, now) {
  const left = floor.ends_at === null ? floor.remaining_s : Math.max(0, floor.ends_at - now);
  const length = floor.length_s ?? floor.turn_seconds;
  return { key: `turn ${floor.turn}`, words: "Time left in this turn", left, length, paused: floor.paused, calm: false };
}

function until(key, words, endsAt, length, now) {
  return { key, words, left: endsAt === null ? null : Math.max(0, endsAt - now), length, paused: false, calm: false };
}

const calm = (counted) => ({ ...counted, calm: true });

/** "2:05"; a second that has begun counts in full, so that 0:00 is the end and not before. */
export function clockText(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Whether a turn nears its end: the last 30 seconds or fifth, as the server's own cue (a fifth for turns under a minute). */
export function nearsEnd(left, turnSeconds) {
  const fifth = turnSeconds / 5;
  return left <= (turnSeconds < 60 ? fifth : Math.max(30, fifth));
}

/** The ring and the clock; `counted()` gives a `timing` and is asked four times a second. */
export class Countdown {
  #key = null;
  #longest = 0;

  constructor({ ring, arc, clock }, counted) {
    Object.assign(this, { ring, arc, clock, counted });
    setInterval(() => this.draw(), REDRAW_MS);
  }

  /** Draw once, now. */
  draw() {
    const now = this.counted();
    this.ring.hidden = now === null || now.left === null || Number.isNaN(now.left);
    if (this.ring.hidden) return;
    const share = now.left / this.#length(now);
    this.arc.setAttribute("stroke-dasharray", `${(share * 100).toFixed(2)} 100`);
    this.ring.classList.toggle("ending", !now.calm && nearsEnd(now.left, now.length));
    this.ring.classList.toggle("last", !now.calm && now.left <= LAST_S);
    this.ring.classList.toggle("paused", now.paused);
    this.clock.setAttribute("aria-label", now.words);
    setText(this.clock, clockText(now.left));
  }

  // More time may be given during a turn: the ring is full where the turn was longest.
  #length({ key, length, left }) {
    if (this.#key !== key) this.#longest = length ?? 0;
    this.#key = key;
    this.#longest = Math.max(this.#longest, left, 1);
    return this.#longest;
  }
}
