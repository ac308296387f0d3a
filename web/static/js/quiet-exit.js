// Leaving quietly: camera and sound off, what the tab knew of the visit erased, and a neutral page in the place of this one. The
// others see a lost line. Nothing here waits for the network before the screen is empty.

import { byId } from "./dom.js";

const NEUTRAL = "/measures";
const NEUTRAL_TITLE = "Kitchen measures";
const KEY = "Escape";
// Three: whoever closes a panel, and presses once more, does not mean to go. Whoever hammers the key does.
const TIMES = 3;
const WITHIN_MS = 2_000;

/** Erase every note of ours in this tab, of other calls too. */
function eraseNotes() {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith("holdspace:")) sessionStorage.removeItem(key);
    }
  } catch {
    // Blocked storage holds nothing.
  }
}

/** Hide what can be seen and what names the call, at once: the neutral page may take a moment to come. */
function hide() {
  document.title = NEUTRAL_TITLE;
  document.querySelector("link[rel=icon]")?.setAttribute("href", "data:,");
  document.documentElement.hidden = true;
}

export class QuietExit {
  #pressedAt = [];

  /** `letGo()` turns off camera, microphone and sound and cuts the line without a word; it may not wait for anything. */
  constructor(letGo) {
    this.letGo = letGo;
    byId("leave-quietly").addEventListener("click", () => this.go());
    // While capturing: whatever else the key does on the page must not keep anybody here.
    document.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  go() {
    try {
      this.letGo();
    } finally {
      eraseNotes();
      hide();
      location.replace(NEUTRAL);
    }
  }

  #key(event) {
    if (event.key !== KEY || event.repeat || event.isComposing) return;
    this.#pressedAt = [...this.#pressedAt, event.timeStamp].slice(-TIMES);
    if (this.#pressedAt.length < TIMES || event.timeStamp - this.#pressedAt[0] > WITHIN_MS) return;
    event.preventDefault();
    this.go();
  }
}
