// A word for later: written while somebody else speaks, given back at one's own turn. It stays in this tab and is never sent.

import { byId, setText } from "./dom.js";

export class WordForLater {
  #note = byId("word-note");
  #field = byId("word-field");

  /** `visit` remembers it over a reload. */
  constructor(state, visit) {
    Object.assign(this, { state, visit });
    this.#field.value = visit.word;
    this.#field.addEventListener("input", () => visit.keep({ word: this.#field.value }));
    byId("word-done").addEventListener("click", () => this.#putAway());
  }

  render() {
    const words = this.visit.word.trim();
    const given = Boolean(words) && this.state.holdsStick;
    byId("word-given").hidden = !given;
    this.#note.hidden = given;
    if (given) setText(byId("word-text"), words);
  }

  /** Erase it: the person has left. */
  forget() {
    this.#field.value = "";
    this.visit.keep({ word: "" });
  }

  #putAway() {
    this.forget();
    this.#note.open = false;
    this.render();
    byId("turn-words").focus();
  }
}
