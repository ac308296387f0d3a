// Distance that is chosen for others than oneself: the least for everyone, and how I see each of them. A closed list acts on every
// arrow key, so what takes distance away, or holds for everyone, waits for a button of its own.

import { byId, disable, keyed, make, setText } from "./dom.js";
import { LEVELS, rank } from "./conversation-state.js";
import { LEVEL_WORDS } from "./words.js";

const options = (select) => select.append(...LEVELS.map((level) => make("option", { value: level }, LEVEL_WORDS[level].name)));

/** The least distance for everyone: more holds at once, less is proposed; either takes a press. */
export class RoomChoice {
  #seen = null;

  /** `set(fields)` sends `distance.set` and resolves with whether it was carried out. */
  constructor(state, set) {
    Object.assign(this, { state, set, select: byId("room-level"), button: byId("set-room") });
    options(this.select);
    this.select.addEventListener("change", () => this.#renderButton());
    this.button.addEventListener("click", () => this.set({ room: this.select.value }));
  }

  render() {
    const { room, phase } = this.state;
    if (phase !== null && this.#seen !== room) this.select.value = this.#seen = room;
    this.#renderButton();
  }

  #renderButton() {
    const steps = rank(this.select.value) - rank(this.state.room);
    const propose = this.state.isChair ? "Propose to both partners" : "Propose to both";
    setText(this.button, steps < 0 ? propose : "Add for everyone");
    disable(this.button, steps === 0, this.select);
  }
}

/** How I see each of the others: adding distance holds at once, less waits for a press. */
export class IncomingChoices {
  constructor(state, set) {
    Object.assign(this, { state, set });
  }

  render() {
    const { others } = this.state;
    keyed(byId("incoming-rows"), others, (p) => p.id, (p) => this.#build(p), (row, p) => this.#update(row, p));
  }

  #build(person) {
    const id = `incoming-${person.id}`;
    const select = make("select", { id, onchange: () => this.#chose(row, person) });
    options(select);
    const button = make("button", { type: "button", class: "button", hidden: true, onclick: () => this.#send(row, person) });
    const row = make("div", { class: "field" }, make("label", { for: id }, person.name), select, button, make("p", { class: "hint" }));
    return row;
  }

  #update(row, person) {
    const level = this.state.incoming(person.id);
    if (this.state.phase !== null && row.dataset.level !== level) this.#reset(row, level);
    setText(row.querySelector("label"), person.name);
    setText(row.querySelector(".hint"), this.#now(person));
    this.#renderButton(row, person);
  }

  #reset(row, level) {
    row.dataset.level = level;
    row.querySelector("select").value = level;
  }

  #chose(row, person) {
    if (rank(row.querySelector("select").value) > rank(this.state.incoming(person.id))) this.#send(row, person);
    this.#renderButton(row, person);
  }

  async #send(row, person) {
    const select = row.querySelector("select");
    if (!(await this.set({ incoming: select.value, of: person.id }))) this.#reset(row, this.state.incoming(person.id));
    this.#renderButton(row, person);
  }

  #renderButton(row, person) {
    const [select, button] = [row.querySelector("select"), row.querySelector("button")];
    const less = rank(select.value) < rank(this.state.incoming(person.id));
    if (less) setText(button, `See ${person.name} ${LEVEL_WORDS[select.value].seen} again`);
    if (!less && document.activeElement === button) select.focus();
    button.hidden = !less;
  }

  #now(person) {
    if (this.state.phase !== "talking" || !this.state.takesPart(person.id)) return "";
    const { distance } = this.state.view(this.state.me.id, person.id);
    return distance === "audio-only" ? "Now without a picture." : `Now you see ${person.name} ${LEVEL_WORDS[distance].seen}.`;
  }
}
