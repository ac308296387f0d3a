// What I wish about distance beyond how all see me, so that it holds in a new conversation too: a server that can't read any more
// what the one before it knew has forgotten everyone's wishes, and nobody is to be seen nearer than they chose.

import { LEVELS, rank } from "./conversation-state.js";

const [CLEAR] = LEVELS;

export class Wishes {
  #me;
  #mayRaiseRoom;
  #known;

  /** `known`: what `remember` gave before, perhaps in an earlier page. */
  constructor({ id, role }, known) {
    this.#me = id;
    // Partners alone: without them nobody lowers it, so what is nearer now was not agreed on behind their backs.
    this.#mayRaiseRoom = role === "partner";
    this.#known = known ?? null;
  }

  /** Take them from a `conversation`; for keeping. */
  remember({ room, outgoing_to: outgoingTo, incoming, listening }) {
    const of = (all) => all?.[this.#me] ?? {};
    this.#known = { room, outgoingTo: of(outgoingTo), incoming: of(incoming), listening: listening.includes(this.#me) };
    return this.#known;
  }

  /**
   * What has to be said again: the fields of each `distance.set`, for every wish that is nearer now than it was. `seats`: the ids
   * in the call.
   */
  missing({ room, outgoing, outgoing_to: outgoingTo, incoming, listening }, seats) {
    if (!this.#known) return [];
    const own = outgoing?.[this.#me] ?? CLEAR;
    const further = (wished, now) => rank(wished) > rank(now);
    const said = [];
    for (const [to, level] of Object.entries(this.#known.outgoingTo)) {
      if (seats.includes(to) && further(level, outgoingTo?.[this.#me]?.[to] ?? own)) said.push({ outgoing: level, to });
    }
    for (const [of, level] of Object.entries(this.#known.incoming)) {
      if (seats.includes(of) && further(level, incoming?.[this.#me]?.[of] ?? CLEAR)) said.push({ incoming: level, of });
    }
    if (this.#known.listening && !listening.includes(this.#me)) said.push({ listening: true });
    if (this.#mayRaiseRoom && further(this.#known.room, room)) said.push({ room: this.#known.room });
    return said;
  }
}
