// How long each has spoken: a fact for whoever looks for it, in the order of the seats, with nothing that ranks or urges.

import { byId, say } from "./dom.js";
import { list } from "./words.js";

const REDRAW_MS = 10_000;

/** "6 minutes", "1 minute", "less than a minute". */
export function aboutWords(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 45) return "less than a minute";
  return minutes <= 1 ? "1 minute" : `${minutes} minutes`;
}

/** "You have spoken for 6 minutes, Ben for 4 minutes."; empty before anybody has. */
export function airtimeWords(state, airtime) {
  const spoke = state.participants.filter((p) => (airtime[p.id] ?? 0) >= 1 || p.role === "partner");
  if (!spoke.some((p) => (airtime[p.id] ?? 0) >= 1)) return "";
  const first = spoke.findIndex((p) => p.id === state.me.id);
  if (first > 0) spoke.unshift(...spoke.splice(first, 1));
  return `${list(spoke.map((p, i) => clause(state, p, airtime[p.id] ?? 0, i === 0)))}.`;
}

function clause(state, person, seconds, first) {
  const spoke = seconds >= 1;
  if (!first) return `${person.name} ${spoke ? `for ${aboutWords(seconds)}` : "not yet"}`;
  const who = person.id === state.me.id ? "You have" : `${person.name} has`;
  return spoke ? `${who} spoken for ${aboutWords(seconds)}` : `${who} not spoken yet`;
}

export class Airtime {
  /** `now()`: seconds on the server's clock. */
  constructor(state, now) {
    Object.assign(this, { state, now });
    setInterval(() => this.render(), REDRAW_MS);
  }

  render() {
    const { floor } = this.state;
    if (!floor) return; // the line is away: what was known stays
    const words = airtimeWords(this.state, this.#untilNow(floor));
    say(byId("airtime-words"), words);
    byId("airtime").hidden = !words;
  }

  // The state was sent a while ago, and whoever speaks has gone on.
  #untilNow({ airtime = {}, holder, ends_at: ends, mirror }) {
    const speaks = mirror?.by ?? (ends === null ? null : holder);
    const since = Math.max(0, this.now() - this.state.current.server_time) || 0;
    return speaks ? { ...airtime, [speaks]: (airtime[speaks] ?? 0) + since } : airtime;
  }
}
