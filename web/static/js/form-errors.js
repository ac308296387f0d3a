// Errors of a form: each beside its field, what has no field in one place, and the keyboard at the first of them. Nothing that
// was written is lost.

import { Problem, Unreachable } from "./api.js";
import { byId, say, setText } from "./dom.js";

export class FormErrors {
  /** `summary`: the id of the place for what belongs to no field; `nothingDone`: said when the server was not reached. */
  constructor(form, summary, nothingDone) {
    Object.assign(this, { form, nothingDone, summary: byId(summary) });
    form.addEventListener("input", ({ target }) => this.#forget(target));
  }

  clear() {
    for (const place of this.form.querySelectorAll(".field-error")) setText(place, "");
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    say(this.summary, "");
  }

  /** Show `[{pointer, detail}]`; `detail` alone is for errors without a field. */
  show(errors, detail = "") {
    const homeless = errors.filter((error) => !this.#showBeside(error)).map((error) => error.detail);
    const first = this.form.querySelector("[aria-invalid]");
    say(this.summary, homeless.length ? homeless.join(" ") : first ? "" : detail);
    (first?.querySelector("input:checked") ?? first ?? this.summary).focus();
  }

  /** Show what a request threw. */
  explain(error) {
    if (error instanceof Problem) return this.show(error.errors, error.detail);
    if (error instanceof Unreachable) return this.show([], `${error.message} ${this.nothingDone} Please try again.`);
    throw error;
  }

  #showBeside({ pointer, detail }) {
    const path = String(pointer).replace(/^#/, "");
    const field = [...this.form.querySelectorAll("[data-pointer]")].find((one) => one.dataset.pointer === path && isShown(one));
    const place = field && placeOf(field);
    if (!place) return false;
    field.setAttribute("aria-invalid", "true");
    setText(place, detail);
    return true;
  }

  /** What is being corrected is not wrong any more, or not for that reason. */
  #forget(target) {
    const field = target.closest("[data-pointer]") ?? target.closest(".field")?.querySelector("[data-pointer]");
    if (!field?.hasAttribute("aria-invalid")) return;
    field.removeAttribute("aria-invalid");
    setText(placeOf(field), "");
  }
}

/** Where the error of a field stands: the last of what describes it. */
const placeOf = (field) => byId(field.getAttribute("aria-describedby")?.split(" ").at(-1));

/** Visible, or folded away where it can be unfolded: then it is unfolded. */
function isShown(field) {
  const fold = field.closest("details:not([open])");
  if (fold) fold.open = true;
  return field.offsetParent !== null;
}
