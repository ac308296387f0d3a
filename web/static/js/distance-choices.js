// Distance that is chosen person by person, and the least for everyone. A closed list acts on every
// arrow key, so what takes distance away, or holds for everyone, waits for a button of its own.

import { byId, disable, keyed, make, setText } from "./dom.js";
import { LEVELS, rank } from "./conversation-state.js";
import { LEVEL_WORDS } from "./words.js";
import { becauseWords, mainReason, seesWords } from "./why.js";

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

/**
 * One level for each of the others: adding distance holds at once, less waits for a press. What it is about is said by the classes
 * below: `id`, `current(person)`, `fields(person, level)`, `less(person, level)`, `now(person)`.
 */
class PersonChoices {
  constructor(state, set) {
    Object.assign(this, { state, set });
  }

  render() {
    const { others } = this.state;
    keyed(byId(`${this.id}-rows`), others, (p) => p.id, (p) => this.#build(p), (row, p) => this.#update(row, p));
  }

  #build(person) {
    const id = `${this.id}-${person.id}`;
    const select = make("select", { id, onchange: () => this.#chose(row, person) });
    options(select);
    const button = make("button", { type: "button", class: "button", hidden: true, onclick: () => this.#send(row, person) });
    const row = make("div", { class: "field" }, make("label", { for: id }, person.name), select, button, make("p", { class: "hint" }));
    return row;
  }

  #update(row, person) {
    const level = this.current(person);
    if (this.state.phase !== null && row.dataset.level !== level) this.#reset(row, level);
    setText(row.querySelector("label"), person.name);
    setText(row.querySelector(".hint"), this.#nowWords(person));
    this.#renderButton(row, person);
  }

  #reset(row, level) {
    row.dataset.level = level;
    row.querySelector("select").value = level;
  }

  #chose(row, person) {
    if (rank(row.querySelector("select").value) > rank(this.current(person))) this.#send(row, person);
    this.#renderButton(row, person);
  }

  async #send(row, person) {
    const select = row.querySelector("select");
    if (!(await this.set(this.fields(person, select.value)))) this.#reset(row, this.current(person));
    this.#renderButton(row, person);
  }

  #renderButton(row, person) {
    const [select, button] = [row.querySelector("select"), row.querySelector("button")];
    const less = rank(select.value) < rank(this.current(person));
    if (less) setText(button, this.less(person, select.value));
    if (!less && document.activeElement === button) select.focus();
    button.hidden = !less;
  }

  #nowWords(person) {
    if (!this.state.company.some((p) => p.id === person.id)) return "";
    const { viewer, subject } = this.pair(person);
    const view = this.state.view(viewer, subject);
    const why = becauseWords(this.state, mainReason(view), viewer, subject);
    return `${this.now(person, view.distance)}${why && `, ${why}`}.`;
  }
}

/** How I see each of the others. */
export class IncomingChoices extends PersonChoices {
  id = "incoming";
  current = (person) => this.state.incoming(person.id);
  fields = (person, level) => ({ incoming: level, of: person.id });
  pair = (person) => ({ viewer: this.state.me.id, subject: person.id });
  less = (person, level) => `See ${person.name} ${LEVEL_WORDS[level].seen} again`;
  now = (person, level) => (level === "audio-only" ? "Now without a picture" : `Now you see ${person.name} ${LEVEL_WORDS[level].seen}`);
}

/** How each of the others sees me; with one other person that is the same as how everyone does. */
export class OutgoingChoices extends PersonChoices {
  id = "outgoing-to";
  current = (person) => this.state.outgoingTo(person.id);
  fields = (person, level) => ({ outgoing: level, to: person.id });
  pair = (person) => ({ viewer: person.id, subject: this.state.me.id });
  less = (person, level) => `Let ${person.name} see me ${LEVEL_WORDS[level].seen}`;
  now = (person, level) => `Now ${seesWords(person.name, false, "you", level)}`;

  render() {
    super.render();
    byId("outgoing-to").hidden = this.state.others.length < 2;
  }
}
