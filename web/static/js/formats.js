// Proposing another way to talk, or the end of the call.

import { byId, make } from "./dom.js";
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
  }

  /** Follow the conversation: the choices start from what holds now, and are left alone while it stays. */
  render() {
    const { format, turn_seconds: seconds } = this.state.floor ?? {};
    if (!format || this.#seen === `${format} ${seconds}`) return;
    this.#seen = `${format} ${seconds}`;
    const lengths = [...new Set([...this.turnSeconds, seconds])].sort((a, b) => a - b);
    byId("new-turn").replaceChildren(...lengths.map((s) => make("option", { value: s }, lengthWords(s))));
    byId("new-turn").value = seconds;
    byId("new-format").value = format;
  }
}
