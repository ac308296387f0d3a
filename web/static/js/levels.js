// The row of four levels of distance, by keyboard: it has two ends, adding distance may happen at once, and taking some
// away is never the side effect of moving along.

import { setText } from "./dom.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * Browsers let arrow keys run through a row of radios in a ring, and choose at every step: one key away from "audio only" would be
 * "clear". Here the row ends at its ends; towards more distance than is chosen an arrow chooses, otherwise it only
 * moves, and Enter or Space chooses. `hint` then says so.
 */
export class Levels {
  constructor(row, hint) {
    Object.assign(this, { row, hint });
    row.addEventListener("keydown", (event) => this.#pressed(event));
    for (const kind of ["focusin", "focusout", "change"]) row.addEventListener(kind, (event) => this.#explain(event));
  }

  #pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key !== "Enter" && !(event.key in STEPS)) return;
    event.preventDefault();
    if (event.key === "Enter") event.target.click();
    else this.#move(event.target, STEPS[event.key]);
  }

  #move(from, step) {
    const radios = [...this.row.querySelectorAll("input")];
    const at = radios.indexOf(from) + step;
    if (!radios[at]) return;
    radios[at].focus();
    const chosen = radios.findIndex((radio) => radio.checked);
    if (chosen >= 0 && at > chosen) radios[at].click();
  }

  #explain({ type, target }) {
    // Pointers choose what they press; only a keyboard can stand on a level that is not chosen.
    const open = type === "focusin" && !target.checked && target.matches(":focus-visible");
    setText(this.hint, open ? `Enter chooses “${target.parentElement.textContent.trim()}”.` : "");
  }
}
