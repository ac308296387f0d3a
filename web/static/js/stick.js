// The talking stick at my own desk: what goes on in words, whether I have it, and what I can do about it.

import { waitsForBoth } from "./course.js";
import { byId, say, setText } from "./dom.js";
import { stickPicture } from "./handing.js";
import { heardWords, queueWords, turnWords } from "./turn-words.js";
import { moreWords } from "./words.js";

const MORE_SECONDS = 120;

export class Stick {
  /** `act(type, fields)` sends a command; `microphone()` says "on", "off" or "none". */
  constructor(state, act, microphone) {
    Object.assign(this, { state, act, microphone });
    byId("own-stick").append(stickPicture());
    byId("take").addEventListener("click", () => act("floor.request"));
    byId("give-back").addEventListener("click", () => act("floor.release"));
    byId("withdraw").addEventListener("click", () => act("floor.release"));
    byId("take-back").addEventListener("click", () => act("floor.revoke"));
    byId("more-time").addEventListener("click", () => act("floor.extend", { seconds: MORE_SECONDS }));
  }

  render() {
    const { state } = this;
    setText(byId("turn-words"), turnWords(state));
    setText(byId("heard-words"), heardWords(state, this.microphone()));
    say(byId("queue-words"), queueWords(state));
    const mine = state.phase === "talking" && state.holdsStick;
    byId("own-stick").hidden = !mine;
    byId("stick").classList.toggle("mine", mine || (state.phase === "talking" && state.mirror?.by === state.me.id));
    byId("stick").classList.toggle("in-silence", state.phase === "talking" && isQuiet(state));
    this.#renderActions();
  }

  #renderActions() {
    const { state } = this;
    const talking = state.phase === "talking" && state.takesPart(state.me.id);
    const { holder = null, queue = [] } = state.floor ?? {};
    const queued = queue.includes(state.me.id);
    say(byId("take"), talking && !state.holdsStick && !queued && mayTake(state) ? takeWords(state) : "");
    say(byId("give-back"), talking && state.holdsStick && !state.mirror && !isPassedOn(state) ? giveWords(state) : "");
    // Where a talk of both waits for their being ready, the stick is not the first thing to reach for.
    byId("take").classList.toggle("main", !waitsForBoth(state));
    byId("withdraw").hidden = !(talking && queued && !state.holdsStick);
    byId("take-back").hidden = !(talking && state.isChair && !state.holdsStick && holder !== null);
    say(byId("more-time"), this.#mayAskForTime(talking, holder) ? moreTimeWords(state, holder) : "");
  }

  #mayAskForTime(talking, holder) {
    const { state } = this;
    const asked = state.proposals.some((p) => p.kind === "extend");
    const otherwise = state.floor?.return_turn || state.mirror || state.floor?.mirror_answer_due;
    return talking && holder !== null && !asked && !otherwise && (state.holdsStick || state.isChair);
  }
}

// Nobody is meant to speak.
const isQuiet = (state) => state.rests || (state.floor.holder === null && state.step?.floor === "silence");

// In a phase of a course the stick comes to the partners by itself; when the course waits, either of them lets it go on.
function mayTake(state) {
  if (state.isShuttle) return false;
  const { step, floor } = state;
  if (!step || state.isChair || step.floor === "open") return true;
  return step.halted && floor.holder === null;
}

// With timed turns and one other person, giving the stick back and passing it on come to the same: one button is enough.
function isPassedOn(state) {
  return state.floor.format === "timed-turns" && !state.floor.return_turn && state.company.length === 1;
}

const giveWords = (state) => (state.speaksInCourse ? "Hand the stick on" : "Give the stick back");

function moreTimeWords(state, holder) {
  return state.holdsStick ? `Ask for ${moreWords(MORE_SECONDS)}` : `Propose ${moreWords(MORE_SECONDS)} for ${state.name(holder)}`;
}

function takeWords({ floor, rests, step }) {
  if (floor.holder !== null || rests || step?.floor === "silence" || step?.halted) return "Ask for the talking stick";
  return floor.mode === "open" ? "Bring in the talking stick" : "Take the talking stick";
}
