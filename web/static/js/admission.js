// A therapist who comes while the two talk: both are asked, and until they have said yes nobody hears or sees the therapist.

import { byId, say } from "./dom.js";

/** Where a therapist at the door stands, in one sentence. */
export const admissionWords = (state) =>
  state.admissionOf(state.me.id) ? "The two are asked whether you may take part." : "The two go on without you for now.";

/** What that means. */
export function unadmittedWords(state) {
  const nothing = "Until both say yes you hear and see nothing of their talk, and they nothing of you.";
  if (state.admissionOf(state.me.id)) return nothing;
  return `One of them said no, or did not answer. A no needs no reason. ${nothing}`;
}

export class Admission {
  /** `act(type, fields)` sends a command and resolves with whether it was carried out. */
  constructor(state, act) {
    Object.assign(this, { state, act });
    byId("ask-again").addEventListener("click", () => this.#askAgain());
  }

  render() {
    const { state } = this;
    const refused = state.awaitsAdmission(state.me.id) && !state.admissionOf(state.me.id);
    say(byId("ask-again"), refused ? "Ask them again" : "");
  }

  // Each coming is asked about once: whoever asks again comes again.
  async #askAgain() {
    if (await this.act("ready", { ready: false })) await this.act("ready", { ready: true });
  }
}
