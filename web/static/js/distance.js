// How I am seen: my choice, and how each of the others truly sees me now.

import { byId, check, setText } from "./dom.js";
import { LEVELS, rank } from "./conversation-state.js";
import { IncomingChoices, OutgoingChoices, RoomChoice } from "./distance-choices.js";
import { Listening } from "./listening.js";
import { LEVEL_WORDS, NO_CAMERA, list } from "./words.js";
import { becauseWords, mainReason, seesWords } from "./why.js";

/** How the others see me at this moment, by the plan that the server carries out. `camera`: whether I have one. */
export function seenWords(state, camera) {
  if (state.phase === null) return "While the line is away, you are seen as before or not at all.";
  if (!camera) return NO_CAMERA;
  if (!["talking", "caucus"].includes(state.phase)) return LEVEL_WORDS[state.outgoing].own;
  const there = state.company;
  if (!there.length) return "Nobody sees you now.";
  const sentences = inOrder(groups(state, there)).map((group) => groupWords(state, group));
  return `Now: ${sentences.join("; ")}.`;
}

// Those who see me alike, and for a reason that reads alike, share a clause.
function groups(state, there) {
  const found = new Map();
  for (const person of there) {
    const view = state.view(person.id, state.me.id);
    const why = becauseWords(state, mainReason(view), person.id, state.me.id);
    const key = `${view.distance} ${why}`;
    found.set(key, { level: view.distance, why, people: [...(found.get(key)?.people ?? []), person] });
  }
  return [...found.values()];
}

const inOrder = (groups) => groups.sort((one, other) => rank(one.level) - rank(other.level));

function groupWords(state, { level, why, people }) {
  const sees = seesWords(list(people.map((p) => p.name)), people.length > 1, "you", level);
  return why ? `${sees}, ${why}` : sees;
}

/** What one's own picture is, in few words: as those who see it most clearly get it. */
export function ownPictureWords(state) {
  const there = state.company;
  const nearest = there.filter((p) => state.view(p.id, state.me.id).distance === ownLevel(state));
  if (nearest.length === there.length) return "About how the others see you.";
  return `About how ${list(nearest.map((p) => p.name))} ${nearest.length > 1 ? "see" : "sees"} you.`;
}

/** The clearest that anybody sees me now, or would see me when the talk begins. */
export function ownLevel(state) {
  if (state.phase === null) return "audio-only";
  const there = state.company;
  const levels = there.map((p) => state.view(p.id, state.me.id).distance);
  if (levels.length) return LEVELS[Math.min(...levels.map(rank))];
  return LEVELS[Math.max(rank(state.outgoing), rank(state.room))];
}

export class Distance {
  #pending = 0;

  /**
   * `act(type, fields)` sends a command and resolves with whether it was carried out; `chosen(level)` remembers my
   * choice; `camera()` says whether I have one.
   */
  constructor(state, act, { chosen, camera }) {
    Object.assign(this, { state, act, chosen, camera });
    byId("room").addEventListener("change", ({ target }) => target.name === "outgoing" && this.#setOutgoing(target.value));
    const set = (fields) => this.#set(fields);
    this.choices = [new Listening(state, set), new OutgoingChoices(state, set), new IncomingChoices(state, set), new RoomChoice(state, set)];
  }

  render() {
    if (!this.#pending && this.state.phase !== null) check(byId("room"), "outgoing", this.state.outgoing);
    setText(byId("seen-words"), seenWords(this.state, this.camera()));
    for (const choice of this.choices) choice.render();
  }

  async #setOutgoing(level) {
    // Adding distance is wanted whatever becomes of the line; taking it away counts once the server has done it.
    if (rank(level) > rank(this.state.outgoing)) this.chosen(level);
    if (await this.#set({ outgoing: level })) this.chosen(level);
  }

  async #set(fields) {
    this.#pending++;
    const done = await this.act("distance.set", fields);
    this.#pending--;
    this.render();
    return done;
  }
}
