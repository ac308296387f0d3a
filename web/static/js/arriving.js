// Arriving at the door: am I alone, is it a good time, and what the therapist alone should know. Going in needs an answer; going
// in although it is hard needs the person's own word for it. Nothing of it is stored in the browser or on the server.

import { byId, say } from "./dom.js";

const QUESTIONS = { alone: "arriving-alone", "good-time": "arriving-time" };
const WAIT =
  "You can wait here until it is different: nobody sees or hears you, and the others only see that you are getting ready. " +
  "Or close this page and come back by your link later. No reason is needed.";

/** What the answers mean, in words. `alone` and `goodTime`: true, false, or null where nothing was answered. */
export function hardWords({ alone, goodTime }) {
  const parts = [];
  if (alone === false) parts.push("Whoever is with you may hear what is said in the call. The others should be able to count on no unseen ears.");
  if (goodTime === false) parts.push("Then it need not be now.");
  return parts.length ? [...parts, WAIT].join(" ") : "";
}

export class Arriving {
  #form = byId("arriving");

  constructor() {
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", () => this.#draw());
  }

  /** Whether the person may go in now; says what is missing, and leads there. */
  mayGoIn() {
    this.#draw();
    const open = Object.keys(QUESTIONS).filter((name) => this.#asks(name) && this.#answer(name) === null);
    if (open.length) return this.#lead(this.#radios(open[0])[0], "Please answer this first.");
    if (this.#isHard && !byId("all-the-same").checked) {
      return this.#lead(byId("all-the-same"), "Going in as it is now is your own choice: say so here, or wait, or leave.");
    }
    return true;
  }

  /** Tell the server by `act(type, fields)`, for the therapist alone; where nobody is told, nothing is sent. */
  async tell(state, act) {
    const alone = this.#answer("alone");
    const hasTherapist = state.participants.some((p) => p.role === "therapist");
    if (alone === null || state.isChair || !hasTherapist) return true; // back after a reload: the server still knows
    return act("arrive", { alone, good_time: this.#answer("good-time"), ...this.#forHelp() });
  }

  /** Erase every answer: the person has left. */
  forget() {
    this.#form.reset();
  }

  #forHelp() {
    const texts = ["where", "contact"].map((id) => [id, byId(id)?.value.trim()]);
    return Object.fromEntries(texts.filter(([, text]) => text));
  }

  get #isHard() {
    return Object.keys(QUESTIONS).some((name) => this.#answer(name) === false);
  }

  #asks(name) {
    return byId(QUESTIONS[name]) !== null;
  }

  #radios(name) {
    return [...this.#form.querySelectorAll(`input[name="${name}"]`)];
  }

  #answer(name) {
    const chosen = this.#radios(name).find((radio) => radio.checked);
    return chosen ? chosen.value === "yes" : null;
  }

  #draw() {
    say(byId("arriving-missing"), "");
    byId("arriving-hard").hidden = !this.#isHard;
    byId("arriving-words").textContent = hardWords({ alone: this.#answer("alone"), goodTime: this.#answer("good-time") });
    if (!this.#isHard) byId("all-the-same").checked = false;
  }

  #lead(element, words) {
    say(byId("arriving-missing"), words);
    element.focus();
    element.scrollIntoView({ block: "center" });
    return false;
  }
}
