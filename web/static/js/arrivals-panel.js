// What people said at the door, on the therapist's page alone: the weighty part in one line, the rest on demand.

import { byId, make, say } from "./dom.js";
import { list } from "./words.js";

/** One line of what a therapist should know at a glance. */
export function summaryWords(arrivals, name) {
  const accompanied = arrivals.filter((one) => !one.alone).map((one) => name(one.participant));
  const badTime = arrivals.filter((one) => !one.good_time).map((one) => name(one.participant));
  const parts = [];
  if (accompanied.length) parts.push(`${list(accompanied)} ${accompanied.length > 1 ? "are" : "is"} not alone.`);
  if (badTime.length) parts.push(`For ${list(badTime)} it is not a good time.`);
  if (!parts.length) parts.push(`${list(arrivals.map((one) => name(one.participant)))}: alone, and a good time.`);
  return `At the door: ${parts.join(" ")}`;
}

export class ArrivalsPanel {
  /** `state` knows names; only a therapist is ever sent anything to show. */
  constructor(state) {
    this.state = state;
  }

  /** Take an `arrivals` message: all there is. */
  take({ arrivals }) {
    const name = (id) => this.state.name(id);
    const panel = byId("arrivals");
    if (!panel) return; // a partner's page has no place for it, and is sent none
    panel.hidden = !arrivals.length;
    panel.classList.toggle("weighty", arrivals.some((one) => !one.alone || !one.good_time));
    say(byId("arrivals-summary"), arrivals.length ? summaryWords(arrivals, name) : "");
    byId("arrivals-list").replaceChildren(...arrivals.flatMap((one) => this.#rows(one)));
  }

  #rows({ participant, alone, good_time: goodTime, where, contact }) {
    const said = [
      alone ? "Alone." : "Not alone.",
      goodTime ? "A good time." : "Not a good time; came in by their own choice.",
      where ? `Where: ${where}` : "Where: not said.",
      contact ? `Whom to call: ${contact}` : "Whom to call: not said.",
    ];
    return [make("dt", {}, this.state.name(participant)), ...said.map((words) => make("dd", {}, words))];
  }
}
