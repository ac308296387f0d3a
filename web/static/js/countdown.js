// How much of a turn is left, on the server's clock, and the ring that shows it.

import { setText } from "./dom.js";

const REDRAW_MS = 250;
/** The last cue is for eyes alone, this many seconds before the end. */
const LAST_S = 10;

/** Seconds left of the turn, or null when there is no turn that ends. A paused turn keeps what it had. */
export function secondsLeft(floor, now) {
  if (!floor || floor.holder === null) return null;
  if (floor.ends_at === null) return floor.remaining_s;
  return Math.max(0, floor.ends_at - now);
}

/** "2:05"; a second that has begun counts in full, so that 0:00 is the end and not before. */
export function clockText(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Whether the turn nears its end: the last 30 seconds or fifth, as the server's own cue (a fifth for turns under a minute). */
export function nearsEnd(left, turnSeconds) {
  const fifth = turnSeconds / 5;
  return left <= (turnSeconds < 60 ? fifth : Math.max(30, fifth));
}

/** The ring and the clock; `floor()` and `now()` are asked four times a second. */
export class Countdown {
  #turn = null;
  #longest = 0;

  constructor({ ring, arc, clock }, floor, now) {
    Object.assign(this, { ring, arc, clock, floor, now });
    setInterval(() => this.draw(), REDRAW_MS);
  }

  /** Draw once, now. */
  draw() {
    const floor = this.floor();
    const left = secondsLeft(floor, this.now());
    this.ring.hidden = left === null || Number.isNaN(left);
    if (this.ring.hidden) return;
    const share = left / this.#length(floor, left);
    this.arc.setAttribute("stroke-dasharray", `${(share * 100).toFixed(2)} 100`);
    this.ring.classList.toggle("ending", nearsEnd(left, floor.length_s ?? floor.turn_seconds));
    this.ring.classList.toggle("last", left <= LAST_S);
    this.ring.classList.toggle("paused", floor.paused);
    setText(this.clock, clockText(left));
  }

  // More time may be given during a turn: the ring is full where the turn was longest.
  #length(floor, left) {
    if (this.#turn !== floor.turn) this.#longest = floor.length_s ?? floor.turn_seconds;
    this.#turn = floor.turn;
    this.#longest = Math.max(this.#longest, left, 1);
    return this.#longest;
  }
}
