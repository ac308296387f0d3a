// Proposing another way to talk, closing words, or the end of the call.

import { byId, disable, make, say, setText } from "./dom.js";
import { RESTS, hasCourse, hasRests, restWords, stepsWords } from "./format-words.js";
import { lengthWords } from "./words.js";

const CLOSING = "closing";
const FIELDS = ["new-format", "new-turn", "new-rest", "new-first"];

export class Formats {
  #seen = "";

  constructor(state, act, turnMinutes) {
    this.state = state;
    this.turnSeconds = turnMinutes.map((minutes) => minutes * 60);
    this.offered = state.formats.filter((f) => f.id !== CLOSING && this.#isPossible(f));
    byId("new-format").append(...this.offered.map((f) => make("option", { value: f.id }, f.name)));
    byId("new-first").append(...state.partners.map((p) => make("option", { value: p.id }, p.id === state.me.id ? "I begin" : `${p.name} begins`)));
    byId("format-list").append(...this.offered.map(describe));
    byId("propose-format").addEventListener("click", () => act("format.set", this.#chosen()));
    byId("propose-closing").addEventListener("click", () => act("format.set", this.#closing()));
    byId("propose-end").addEventListener("click", () => act("end"));
    byId("new-format").addEventListener("change", () => this.#takeUsual());
    for (const id of FIELDS) byId(id).addEventListener("change", () => this.#renderChoice());
    byId("propose-closing").hidden = byId("closing-hint").hidden = !this.#known(CLOSING);
  }

  /** Follow the conversation: the choices start from what holds now, and are left alone while it stays. */
  render() {
    const { format, turn_seconds: turn, rest_seconds: rest = 0 } = this.state.floor ?? {};
    const present = `${format} ${turn} ${rest}`;
    if (format && this.#seen !== present) {
      this.#seen = present;
      byId("new-format").value = format; // none is chosen where it is one that can't be
      this.#fill(turn, rest);
    }
    this.#renderChoice();
    byId("propose-end").disabled = byId("propose-closing").disabled = !this.#isTime || this.state.awaitsAdmission(this.state.me.id);
  }

  get #isTime() {
    return ["waiting", "talking"].includes(this.state.phase);
  }

  // Someone has to go from one of the two to the other.
  #isPossible(format) {
    return !format.needs_therapist || this.state.call.participants.some((p) => p.role === "therapist");
  }

  #known(id) {
    return this.state.formats.find((f) => f.id === id);
  }

  #chosen() {
    const format = this.#known(byId("new-format").value);
    const choice = { format: format.id, turn_seconds: Number(byId("new-turn").value) };
    if (hasRests(format)) choice.rest_seconds = Number(byId("new-rest").value);
    if (hasCourse(format)) choice.first = byId("new-first").value;
    return choice;
  }

  #closing() {
    const seconds = this.#known(CLOSING).turn_seconds;
    return seconds ? { format: CLOSING, turn_seconds: seconds } : { format: CLOSING };
  }

  // Each way to talk has lengths that are usual in it.
  #takeUsual() {
    const format = this.#known(byId("new-format").value);
    const { turn_seconds: turn, rest_seconds: rest = 0 } = this.state.floor ?? {};
    if (format.id === this.state.floor?.format) return this.#fill(turn, rest);
    this.#fill(format.turn_seconds ?? turn, format.rest_seconds ?? 0);
  }

  #fill(turn, rest) {
    fill(byId("new-turn"), [...this.turnSeconds, turn], turn, lengthWords);
    fill(byId("new-rest"), [...RESTS, rest], rest, capital(restWords));
  }

  #renderChoice() {
    const format = this.#known(byId("new-format").value);
    say(byId("format-about"), [format?.sentence, stepsWords(format)].filter(Boolean).join(" "));
    byId("new-turn-field").hidden = format?.floor === "shuttle";
    byId("new-rest-field").hidden = !hasRests(format);
    byId("new-first-field").hidden = !hasCourse(format);
    this.#renderButton(format);
  }

  // A question about what is so already would be no question; a course may begin anew.
  #renderButton(format) {
    const { format: present, turn_seconds: turn, rest_seconds: rest = 0 } = this.state.floor ?? {};
    const lengths = Number(byId("new-turn").value) === turn && (!hasRests(format) || Number(byId("new-rest").value) === rest);
    const same = format?.id === present && lengths && !hasCourse(format);
    const again = format?.id === present && hasCourse(format);
    const asked = this.state.proposals.some((p) => p.kind === "format");
    const words = same ? "This is how you talk now." : `${again ? "It would begin anew. This" : "Another way"} needs both partners' yes.`;
    setText(byId("format-words"), asked ? "A question about this is waiting for an answer." : words);
    disable(byId("propose-format"), same || asked || !present || !format || !this.#isTime, byId("new-format"));
  }
}

const describe = (format) =>
  make("li", {}, make("b", {}, format.name), " ", format.sentence ?? "", " ", make("span", { class: "hint" }, [stepsWords(format), format.source && `After ${format.source}.`].filter(Boolean).join(" ")));

const capital = (words) => (value) => words(value).replace(/^./, (first) => first.toUpperCase());

function fill(select, values, chosen, words) {
  const choices = [...new Set(values)].sort((a, b) => a - b);
  select.replaceChildren(...choices.map((value) => make("option", { value }, words(value))));
  select.value = chosen;
}
