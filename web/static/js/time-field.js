// A date and a time in this browser's zone. Where the clocks go back, it asks which of two moments is meant; where they jump
// over the time, it says so. Nothing is guessed.

import { byId, make, setText } from "./dom.js";
import { offsetsOf } from "./local-offsets.js";
import { momentWords, ZONE } from "./local-time.js";

const WHICH = ["The first time", "The second time, after the clocks have gone back"];

export class TimeField {
  constructor(id, missing = "Please choose a date and a time.") {
    Object.assign(this, { id, missing });
    this.input = byId(id);
    this.offsets = [];
    setText(byId(`${id}-zone`), ZONE);
    this.input.addEventListener("change", () => this.#follow());
    this.#follow();
  }

  /** What was written, without an offset. */
  get local() {
    return this.input.value;
  }

  /** What the API is told: with an offset where it takes one to know the moment. */
  get value() {
    return this.offsets.length > 1 ? `${this.local}${this.#chosen()}` : this.local;
  }

  /** Why this is no moment yet; empty when it is one. */
  get trouble() {
    if (!this.local) return this.missing;
    if (!this.offsets.length) return "The clocks jump over this time on that day. Please choose another one.";
    return this.offsets.length > 1 && !this.#chosen() ? "Please say which of the two is meant." : "";
  }

  clear() {
    this.input.value = "";
    this.#follow();
  }

  #chosen() {
    return byId(`${this.id}-offsets`).querySelector("input:checked")?.value ?? "";
  }

  #follow() {
    this.offsets = this.local ? offsetsOf(this.local, ZONE) : [];
    setText(byId(`${this.id}-words`), this.local ? `${momentWords(new Date(this.local))}. ` : "");
    byId(`${this.id}-twice`).hidden = this.offsets.length < 2;
    byId(`${this.id}-offsets`).replaceChildren(...(this.offsets.length > 1 ? this.offsets.map(this.#choice, this) : []));
  }

  #choice(offset, index) {
    const radio = make("input", { type: "radio", name: `${this.id}-offset`, value: offset });
    return make("label", { class: "choice" }, radio, make("span", {}, `${WHICH[index]} (UTC${offset})`));
  }
}
