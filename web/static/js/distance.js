// How I am seen: my choice, and how each of the others truly sees me now.

import { byId, check, setText } from "./dom.js";
import { LEVELS, rank } from "./conversation-state.js";
import { IncomingChoices, RoomChoice } from "./distance-choices.js";
import { LEVEL_WORDS, NO_CAMERA, list } from "./words.js";

/** How the others see me at this moment, by the plan that the server carries out. `camera`: whether I have one. */
export function seenWords(state, camera) {
  if (state.phase === null) return "While the line is away, you are seen as before or not at all.";
  if (!camera) return NO_CAMERA;
  if (state.phase !== "talking") return LEVEL_WORDS[state.outgoing].own;
  const there = state.others.filter((p) => state.takesPart(p.id));
  if (!there.length) return "Nobody sees you now.";
  const byLevel = LEVELS.map((level) => there.filter((p) => state.view(p.id, state.me.id).distance === level));
  const sentences = byLevel.flatMap((people, i) => (people.length ? [sees(people.map((p) => p.name), LEVELS[i])] : []));
  return `Now: ${sentences.join("; ")}.`;
}

function sees(names, level) {
  const verb = names.length > 1 ? ["see", "get"] : ["sees", "gets"];
  return level === "audio-only" ? `${list(names)} ${verb[1]} no picture of you` : `${list(names)} ${verb[0]} you ${LEVEL_WORDS[level].seen}`;
}

/** The clearest that anybody sees me now, or would see me when the talk begins. */
export function ownLevel(state) {
  if (state.phase === null) return "audio-only";
  const there = state.phase === "talking" ? state.others.filter((p) => state.takesPart(p.id)) : [];
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
    this.choices = [new RoomChoice(state, set), new IncomingChoices(state, set)];
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
