// Only listening: I see nobody, wherever they stand and whoever comes, and hear as before. One press, and one back; what I wished for
// single people waits meanwhile.

import { byId, say } from "./dom.js";

export class Listening {
  /** `set(fields)` sends `distance.set` and resolves with whether it was carried out. */
  constructor(state, set) {
    Object.assign(this, { state, button: byId("listen"), words: byId("listening-words") });
    this.button.addEventListener("click", () => set({ listening: !state.listens(state.me.id) }));
  }

  render() {
    const listening = this.state.listens(this.state.me.id);
    // The name stays and the state changes: "Only listen, pressed".
    this.button.setAttribute("aria-pressed", String(listening));
    say(this.words, listening ? "You only listen: you see nobody, and are seen and heard as before." : "");
  }
}
