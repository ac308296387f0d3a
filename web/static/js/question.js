// "Are you sure?": a question that takes the place of the button that led to it. For a name N the page has the button
// #N, and #N-sure with #N-question, #N-yes and #N-no in it.

import { byId, setText } from "./dom.js";

export class Question {
  constructor(name, onYes) {
    this.button = byId(name);
    this.place = byId(`${name}-sure`);
    this.words = byId(`${name}-question`);
    this.no = byId(`${name}-no`);
    this.no.addEventListener("click", () => this.close());
    byId(`${name}-yes`).addEventListener("click", onYes);
  }

  /** Ask, with the keyboard at the answer that changes nothing. */
  ask(words) {
    setText(this.words, words);
    this.#turn(true);
    this.no.focus();
  }

  /** Take the question back, and the keyboard to the button again. */
  close() {
    this.#turn(false);
    this.button.focus();
  }

  /** As it was before anybody asked; the keyboard stays where it is. */
  reset() {
    this.#turn(false);
  }

  #turn(asking) {
    this.button.hidden = asking;
    this.place.hidden = !asking;
  }
}
