// Proposing another way to talk, or the end of the call.

import { byId, disable, make, setText } from "./dom.js";
import { lengthWords } from "./words.js";

export class Formats {
  #seen = "";

  constructor(state, act, turnMinutes) {
    this.state = state;
    this.turnSeconds = turnMinutes.map((minutes) => minutes * 60);
    byId("new-format").append(...state.formats.map((f) => make("option", { value: f.id }, f.name)));
    byId("propose-format").addEventListener("click", () =>
      act("format.set", { format: byId("new-format").value, turn_seconds: Number(byId("new-turn").value) }),
    );
    byId("propose-end").addEventListener("click", () => act("end"));
    for (const id of ["new-format", "new-turn"]) byId(id).addEventListener("change", () => this.#renderButton());
  }

  /** Follow the conversation: the choices start from what holds now, and are left alone while it stays. */
  render() {
    const { format, turn_seconds: seconds } = this.state.floor ?? {};
    if (format && this.#seen !== `${format} ${seconds}`) this.#startFrom(format, seconds);
    this.#renderButton();
  }

  #startFrom(format, seconds) {
    this.#seen = `${format} ${seconds}`;
    const lengths = [...new Set([...this.turnSeconds, seconds])].sort((a, b) => a - b);
    byId("new-turn").replaceChildren(...lengths.map((s) => make("option", { value: s }, lengthWords(s))));
    byId("new-turn").value = seconds;
    byId("new-format").value = format;
  }

  // A question about what is so already would be no question.
  #renderButton() {
    const { format, turn_seconds: seconds } = this.state.floor ?? {};
    const same = byId("new-format").value === format && Number(byId("new-turn").value) === seconds;
    const asked = this.state.proposals.some((p) => p.kind === "format");
    const words = same ? "This is how you talk now." : "Another way needs both partners' yes.";
    setText(byId("format-words"), asked ? "A question about this is waiting for an answer." : words);
    disable(byId("propose-format"), same || asked || !format, byId("new-format"));
  }
}
