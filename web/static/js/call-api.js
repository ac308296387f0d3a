// One call in the API, as somebody who holds a cookie for it: a participant, or its organizer. Cookies go along by themselves;
// `as` says who is meant where a browser holds several.

import { ofCall, send } from "./api.js";

export const ORGANIZER = "organizer";

export class CallApi {
  constructor(id, as) {
    Object.assign(this, { id, as });
  }

  /** An address below the call, with who asks. */
  address(below = "", query = {}) {
    const asked = new URLSearchParams(this.as ? { ...query, as: this.as } : query).toString();
    return `${ofCall(this.id)}${below}${asked && `?${asked}`}`;
  }

  read = () => this.#ask("GET");
  change = (values) => this.#ask("PATCH", "", { body: values });
  cancel = (scope) => this.#ask("DELETE", "", { query: { scope } });

  answer = (answer, scope, timezone) => this.#ask("POST", "/rsvp", { body: { answer, scope, timezone } });
  propose = (starts_at, timezone) => this.#ask("POST", "/proposals", { body: { starts_at, timezone } });
  answerProposal = (proposal, answer) => this.#ask("POST", `/proposals/${proposal}/answer`, { body: { answer } });
  withdraw = (proposal) => this.#ask("DELETE", `/proposals/${proposal}`);

  sendAgain = (participant) => this.#ask("POST", "/letters", { body: { participant } });
  keptAboutMe = () => this.#ask("GET", "/my-data");
  erase = () => this.#ask("DELETE", "/my-data");

  async #ask(method, below = "", { body, query } = {}) {
    const response = await send(method, this.address(below, query), { body });
    return response.status === 204 ? null : response.json();
  }
}
