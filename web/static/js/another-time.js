// Proposing another time for a call.

import { byId, setText } from "./dom.js";
import { FormErrors } from "./form-errors.js";
import { ZONE } from "./local-time.js";
import { TimeField } from "./time-field.js";

export class AnotherTime {
  /** `propose(starts_at, zone)` sends it; it is expected to throw what the API answers. */
  constructor(propose) {
    this.form = byId("another-time");
    this.button = byId("propose");
    this.time = new TimeField("proposed");
    this.errors = new FormErrors(this.form, "proposal-error", "Nothing was proposed.");
    this.propose = propose;
    this.button.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
    byId("propose-not").addEventListener("click", () => this.close());
    this.form.addEventListener("submit", (event) => this.#submit(event));
  }

  get isOpen() {
    return !this.form.hidden;
  }

  /** Say who is asked, and that nothing changes before they agree. */
  explain(words) {
    setText(byId("proposal-words"), words);
  }

  open() {
    this.#turn(true);
    this.time.input.focus();
  }

  close() {
    this.#turn(false);
    this.button.focus();
  }

  #turn(open) {
    this.form.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  async #submit(event) {
    event.preventDefault();
    this.errors.clear();
    if (this.time.trouble) return this.errors.show([{ pointer: "/starts_at", detail: this.time.trouble }]);
    try {
      await this.propose(this.time.value, ZONE);
    } catch (error) {
      return this.errors.explain(error);
    }
    this.time.clear();
    this.#turn(false);
  }
}
