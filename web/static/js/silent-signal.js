// The silent word to the therapist. On a partner's page: a button with a plain name, a key, and a quiet "told" that fades. On the
// therapist's page: a calm banner that stays until it was seen. No sound on either.

import { byId, make, setText } from "./dom.js";

const KEY = "F9";
const SAID_FOR_MS = 6_000;
const WORDS = {
  "not-present": "No therapist is connected now: nobody was told.",
  "too-many": "Your therapist has been told.",
};
const NOT_DONE = "The line dropped: your therapist may not have been told.";

/** A partner's side. `request(type)` sends and rejects; `isInside()` says whether the person is in the room. */
export class Mark {
  #timer = 0;

  constructor(request, isInside) {
    Object.assign(this, { request, isInside, button: byId("mark") });
    this.button?.addEventListener("click", () => this.press());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  render() {
    if (this.button) this.button.hidden = !this.isInside();
  }

  async press() {
    try {
      await this.request("signal");
      this.#say("Your therapist has been told.");
    } catch (error) {
      this.#say(WORDS[error.code] ?? NOT_DONE);
    }
  }

  #key(event) {
    if (event.key !== KEY || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (!this.button || !this.isInside()) return;
    event.preventDefault();
    this.press();
  }

  #say(words) {
    setText(byId("mark-said"), words);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => setText(byId("mark-said"), ""), SAID_FOR_MS);
  }
}

/** The therapist's side: one line for each partner who gave the sign, until the therapist puts it away. */
export class Marked {
  constructor(state) {
    this.state = state;
  }

  /** A `signal` notice; of anything else nothing is shown. */
  notice({ code, by }) {
    if (code !== "signal") return;
    const words = `${this.state.name(by)} has given you the silent sign: they need you. Nobody else was told.`;
    const seen = make("button", { class: "button plain", type: "button" }, "Seen");
    const line = make("p", { "data-by": by }, `${words} `, seen);
    seen.addEventListener("click", () => line.remove());
    byId("marked").querySelector(`[data-by="${CSS.escape(by)}"]`)?.remove(); // once more is said once more
    byId("marked").append(line);
  }
}
