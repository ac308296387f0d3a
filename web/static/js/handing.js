// The talking stick where people are: drawn beside whoever has it, and handed to somebody by a control at their picture.

import { byId, make, say } from "./dom.js";

/** The stick as a picture; for eyes alone, words say the same. */
export const stickPicture = () => byId("stick-picture").content.firstElementChild.cloneNode(true);

export class Handing {
  /** `act(type, fields)` sends a command. */
  constructor(state, act) {
    Object.assign(this, { state, act });
  }

  /** The place at somebody's picture. */
  build(person) {
    const press = () => {
      const offer = this.#offer(person.id);
      if (offer) this.act(offer.type, offer.fields);
    };
    const button = make("button", { type: "button", class: "button", onclick: press }, stickPicture(), make("span", {}));
    return make("fieldset", { class: "live hand", "aria-label": person.name }, button);
  }

  /** Draw what can be done there now. */
  update(place, { id }) {
    const offer = this.#offer(id);
    place.hidden = !offer;
    const button = place.querySelector("button");
    button.classList.toggle("with-stick", Boolean(offer?.stick));
    if (offer) say(button.lastElementChild, offer.words);
  }

  #offer(id) {
    const { state } = this;
    const name = state.name(id);
    if (state.phase !== "talking" || !state.takesPart(state.me.id)) return null;
    if (this.#mayLetIn(id)) return { type: "admit", fields: { participant: id }, words: `Ask to let ${name} in` };
    if (!state.takesPart(id) || state.mirror || state.isShuttle) return null;
    if (this.#passes()) return { type: "floor.pass", fields: { to: id }, words: `Pass it to ${name}`, stick: true };
    const grants = state.isChair && !state.holdsStick && state.floor.holder !== id;
    return grants ? { type: "floor.grant", fields: { to: id }, words: `Hand it to ${name}`, stick: true } : null;
  }

  // In a phase of a course the stick goes on as the course says; short turns after a break go on by themselves.
  #passes() {
    return this.state.holdsStick && !this.state.floor.return_turn && !this.state.speaksInCourse;
  }

  #mayLetIn(id) {
    const { state } = this;
    return !state.isChair && state.awaitsAdmission(id) && !state.proposals.some((p) => p.kind === "admit");
  }
}
