// The panel of further choices: opening leads the keyboard into it, Escape closes it from anywhere.

import { setText } from "./dom.js";

export class Panel {
  constructor(panel, button) {
    Object.assign(this, { panel, button });
    button.addEventListener("click", () => (panel.hidden ? this.open() : this.close()));
    document.addEventListener("keydown", ({ key, defaultPrevented }) => {
      if (key === "Escape" && !defaultPrevented && !panel.hidden) this.close();
    });
  }

  open() {
    this.#show(true);
    this.panel.focus({ preventScroll: true });
    this.panel.scrollIntoView({ block: "start" });
  }

  close() {
    const inside = this.panel.contains(document.activeElement);
    this.#show(false);
    if (inside) this.button.focus();
  }

  #show(open) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    setText(this.button, open ? "Fewer choices" : "More choices");
    // The styles make room for the panel, and keep whose turn it is in sight beside it.
    document.documentElement.classList.toggle("more-open", open);
  }
}
