// Distance: how I am seen, how each of the others truly sees me now, how I see them, and the least for everyone.

import { byId, check, keyed, make, setText } from "./dom.js";
import { LEVELS } from "./conversation-state.js";
import { LEVEL_WORDS, list } from "./words.js";

const rank = (level) => LEVELS.indexOf(level);
const options = (select) => select.append(...LEVELS.map((level) => make("option", { value: level }, LEVEL_WORDS[level].name)));

/** How the others see me at this moment, by the plan that the server carries out. */
export function seenWords(state) {
  if (state.phase === null) return "Nobody sees you while the line is away.";
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

export class Distance {
  #pending = 0;

  /** `act(type, fields)` sends a command and resolves with whether it was carried out; `chosen(level)` remembers my choice. */
  constructor(state, act, chosen) {
    Object.assign(this, { state, act, chosen });
    byId("room").addEventListener("change", ({ target }) => target.name === "outgoing" && this.#setOutgoing(target.value));
    options(byId("room-level"));
    byId("room-level").addEventListener("change", ({ target }) => this.#set({ room: target.value }));
  }

  render() {
    if (!this.#pending && this.state.phase !== null) this.#showChosen();
    setText(byId("seen-words"), seenWords(this.state));
    keyed(byId("incoming-rows"), this.state.others, (p) => p.id, (p) => this.#buildRow(p), (row, p) => this.#updateRow(row, p));
  }

  #showChosen() {
    check(byId("room"), "outgoing", this.state.outgoing);
    byId("room-level").value = this.state.room;
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

  #buildRow(person) {
    const id = `incoming-${person.id}`;
    const select = make("select", { id, onchange: ({ target }) => this.#set({ incoming: target.value, of: person.id }) });
    options(select);
    return make("div", { class: "field" }, make("label", { for: id }, person.name), select, make("p", { class: "hint" }));
  }

  #updateRow(row, person) {
    if (!this.#pending) row.querySelector("select").value = this.state.incoming(person.id);
    setText(row.querySelector(".hint"), this.#now(person));
  }

  #now(person) {
    if (this.state.phase !== "talking" || !this.state.takesPart(person.id)) return "";
    const { distance } = this.state.view(this.state.me.id, person.id);
    return distance === "audio-only" ? "Now without a picture." : `Now you see ${person.name} ${LEVEL_WORDS[distance].seen}.`;
  }
}
