// The talking stick: whose turn it is in words, whether I am heard, the queue, and what I can do about it.

import { byId, keyed, make, say, setText } from "./dom.js";
import { list, moreWords } from "./words.js";

const MORE_SECONDS = 120;

/** Whose turn it is, in one sentence. */
export function turnWords(state) {
  const floor = state.floor;
  if (!floor) return "One moment …";
  if (state.phase === "waiting") return waitingWords(state);
  if (floor.holder === null) return floor.mode === "open" ? "Everyone can speak." : "Nobody has the talking stick.";
  if (floor.return_turn) return returnWords(state);
  return state.holdsStick ? "It is your turn." : `${state.name(floor.holder)} has the talking stick.`;
}

// The first words after a break: how each feels, not where it broke.
function returnWords(state) {
  return state.holdsStick ? "You are both back. Say how you feel now." : `${state.name(state.floor.holder)} says how they feel now.`;
}

function waitingWords(state) {
  if (!state.self?.ready) return "You are not ready yet.";
  const missing = state.others.filter((p) => p.role === "partner" && !(p.present && p.ready));
  if (!missing.length) return "Everyone is ready.";
  const [here, gone] = [missing.filter((p) => p.present), missing.filter((p) => p.left)];
  const away = missing.filter((p) => !p.present && !p.left);
  const parts = [];
  if (gone.length) parts.push(`${list(gone.map((p) => p.name))} ${gone.length > 1 ? "have" : "has"} left.`);
  if (away.length) parts.push(`${list(away.map((p) => p.name))} ${away.length > 1 ? "are" : "is"} not here yet.`);
  if (here.length) parts.push(`${list(here.map((p) => p.name))} ${here.length > 1 ? "are" : "is"} here and getting ready.`);
  if (gone.length) parts.push("You can wait here, or leave too.");
  return parts.join(" ");
}

/** Whether I am heard, truly: by the views, not by who holds what. `microphone` is "on", "off" or "none". */
export function heardWords(state, microphone) {
  if (state.phase === null) return awayWords(microphone);
  if (state.phase === "waiting") return "Nobody is seen or heard until both partners are here and ready.";
  if (state.floor?.paused) return "The clock stands still until the line is back. No time is lost.";
  if (state.floor?.grace_ends_at) return closingWords(state);
  const hearing = state.heardBy.map((p) => p.name);
  if (!hearing.length) return unheardWords(state);
  if (microphone === "none") return "You could be heard, but you came in without a microphone.";
  if (microphone === "off") return `Unmute yourself to be heard by ${list(hearing)}.`;
  return `You are heard by ${list(hearing)}.`;
}

// Media may go on while the page knows nothing of the server.
function awayWords(microphone) {
  if (microphone === "on") return "While the line is away, you may still be heard and seen.";
  return "While the line is away, you may still be seen. You are not heard.";
}

// The time is up, and nobody is cut off in the middle of a word.
function closingWords(state) {
  if (state.holdsStick) return "Your time is over. Finish your sentence: the stick goes on when you pause.";
  return `The time is over. ${state.name(state.floor.holder)} finishes their sentence.`;
}

function unheardWords(state) {
  if (state.holdsStick) return "Nobody hears you at the moment.";
  const { holder, mode } = state.floor;
  if (holder === null && mode === "turns") return "Nobody is heard until someone takes the stick.";
  const muted = state.others.find((p) => p.id === holder)?.microphone === false;
  const listening = "You are not heard now. You are listening.";
  return muted ? `${listening} ${state.name(holder)}'s microphone is off.` : listening;
}

/** Who waits for the stick, in order. */
export function queueWords(state) {
  const queue = [...(state.floor?.return_queue ?? []), ...(state.floor?.queue ?? [])];
  if (!queue.length) return "";
  const names = queue.map((id) => (id === state.me.id ? "you" : state.name(id)));
  return names.length === 1 ? `Next: ${names[0]}` : `Next: ${names.join(", then ")}`;
}

export class Stick {
  /** `act(type, fields)` sends a command; `microphone()` says "on", "off" or "none". */
  constructor(state, act, microphone) {
    Object.assign(this, { state, act, microphone });
    byId("take").addEventListener("click", () => act("floor.request"));
    byId("give-back").addEventListener("click", () => act("floor.release"));
    byId("withdraw").addEventListener("click", () => act("floor.release"));
    byId("take-back").addEventListener("click", () => act("floor.revoke"));
    byId("more-time").addEventListener("click", () => act("floor.extend", { seconds: MORE_SECONDS }));
  }

  render() {
    setText(byId("turn-words"), turnWords(this.state));
    setText(byId("heard-words"), heardWords(this.state, this.microphone()));
    say(byId("queue-words"), queueWords(this.state));
    byId("stick").classList.toggle("mine", this.state.phase === "talking" && this.state.holdsStick);
    this.#keepFocus(() => this.#renderActions());
  }

  #renderActions() {
    const { state } = this;
    const talking = state.phase === "talking";
    const { holder = null, queue = [], mode } = state.floor ?? {};
    const queued = queue.includes(state.me.id);
    const others = talking ? state.others.filter((p) => state.takesPart(p.id)) : [];
    const chairHands = state.isChair && !state.holdsStick;
    say(byId("take"), talking && !state.holdsStick && !queued ? takeWords(holder, mode) : "");
    const returning = Boolean(state.floor?.return_turn);
    byId("give-back").hidden = !(talking && state.holdsStick) || (!returning && onlyOneNext(state.floor, others));
    byId("withdraw").hidden = !(talking && queued && !state.holdsStick);
    byId("take-back").hidden = !(talking && chairHands && holder !== null);
    say(byId("more-time"), this.#mayAskForTime(talking, holder) ? moreTimeWords(state, holder) : "");
    this.#buttons("pass", state.holdsStick && !returning ? others : [], "floor.pass", "Pass it to");
    this.#buttons("chair", chairHands ? others.filter((p) => p.id !== holder) : [], "floor.grant", "Hand it to");
  }

  #mayAskForTime(talking, holder) {
    const asked = this.state.proposals.some((p) => p.kind === "extend");
    const short = this.state.floor?.return_turn;
    return talking && holder !== null && !asked && !short && (this.state.holdsStick || this.state.isChair);
  }

  #buttons(container, people, type, verb) {
    keyed(byId(container), people, (p) => p.id, (p) =>
      make("button", { type: "button", class: "button", onclick: () => this.act(type, { to: p.id }) }, `${verb} ${p.name}`),
    );
  }

  // A pressed button often disappears with the change it made; the keyboard's place is then the sentence that tells of it.
  #keepFocus(change) {
    const focused = document.activeElement;
    const inside = byId("stick").contains(focused);
    change();
    if (inside && (!focused.isConnected || focused.offsetParent === null)) byId("turn-words").focus();
  }
}

// With timed turns and one other person, giving the stick back and passing it on come to the same: one button is enough.
function onlyOneNext(floor, others) {
  return floor.format === "timed-turns" && others.length === 1;
}

function moreTimeWords(state, holder) {
  return state.holdsStick ? `Ask for ${moreWords(MORE_SECONDS)}` : `Propose ${moreWords(MORE_SECONDS)} for ${state.name(holder)}`;
}

function takeWords(holder, mode) {
  if (holder !== null) return "Ask for the talking stick";
  return mode === "open" ? "Bring in the talking stick" : "Take the talking stick";
}
