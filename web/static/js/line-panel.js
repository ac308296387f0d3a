// "How is the line": what the server knows of my line and of how the others' sound and picture arrive, asked for while
// somebody looks at it.

import { keyed, make, setText } from "./dom.js";

const AGAIN_AFTER_MS = 2_000;

/** "nothing", "less than 1 %", "12 %" of a part between 0 and 1. */
function percent(part) {
  if (part === 0) return "nothing";
  return part < 0.01 ? "less than 1 %" : `${Math.round(part * 100)} %`;
}

const milliseconds = (seconds) => `${Math.round(seconds * 1000)} ms`;

/** What is to be said of one's own line; what nobody has reported is left out. */
function ownWords(line) {
  if (!line) return ["Your sound and picture are not connected just now."];
  const words = [];
  if (line.loss !== null) words.push(`On the way to you ${percent(line.loss)} is lost.`);
  if (line.loss_up !== null) words.push(`On the way from you ${percent(line.loss_up)} is lost.`);
  if (line.round_trip !== null) words.push(`There and back takes ${milliseconds(line.round_trip)}.`);
  if (line.jitter !== null) words.push(`What arrives is early or late by about ${milliseconds(line.jitter)}.`);
  if (line.estimate !== null) words.push(`Your line can carry about ${(line.estimate / 1e6).toFixed(1)} Mbit/s to you.`);
  if (line.thin) words.push("You get small pictures for now, so that you hear everyone well.");
  return words.length ? words : ["Nothing is known of your line yet."];
}

const LINES = { good: "their line is good", weak: "their line is slow, not the person", lost: "their line is lost" };

function otherWords(name, { line, loss }) {
  const lost = line !== "lost" && loss ? `; ${percent(loss)} of what they send is lost` : "";
  return `${name}: ${LINES[line]}${lost}.`;
}

export class LinePanel {
  #timer = 0;
  #asking = false;

  /** `details` holds a list; `ask()` resolves with a `numbers` message. */
  constructor(details, state, ask) {
    Object.assign(this, { details, list: details.querySelector("ul"), state, ask });
    details.addEventListener("toggle", () => this.#follow());
  }

  #follow() {
    clearInterval(this.#timer);
    if (!this.details.open) return;
    this.#refresh();
    this.#timer = setInterval(() => this.#refresh(), AGAIN_AFTER_MS);
  }

  /** Nobody is asked on behalf of somebody who doesn't look. */
  async #refresh() {
    if (this.#asking || document.hidden || this.details.getClientRects().length === 0) return;
    this.#asking = true;
    try {
      this.#show(await this.ask());
    } catch {
      this.#write(["Nothing can be said of the line just now."]);
    } finally {
      this.#asking = false;
    }
  }

  #show({ line, others }) {
    const here = others.filter(({ participant }) => this.state.others.some((p) => p.id === participant && p.present));
    this.#write([...ownWords(line), ...here.map((other) => otherWords(this.state.name(other.participant), other))]);
  }

  #write(sentences) {
    const lines = sentences.map((words, place) => ({ words, place }));
    keyed(this.list, lines, ({ place }) => place, () => make("li"), (item, { words }) => setText(item, words));
  }
}
