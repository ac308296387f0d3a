// The therapist alone with one partner: who may begin and end it, the calm page of the one who waits, and coming back together.

import { aboutWords } from "./airtime.js";
import { byId, keyed, make, say, setText } from "./dom.js";
import { list } from "./words.js";

const REDRAW_MS = 1_000;

/** "3:07" of what has gone by; a second counts once it is over. */
export function elapsedText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** How long each partner has been alone with the therapist, for offering the other as much; empty before that. */
export function sharesWords(state, times) {
  if (!Object.values(times).some((seconds) => seconds >= 1)) return "";
  const [one, other] = state.partners.map((p) => ({ name: p.name, spent: times[p.id] ?? 0 }));
  if (!other) return "";
  const lengths = [one, other].map(({ name, spent }) => `${name} ${spent >= 1 ? aboutWords(spent) : "no time yet"}`);
  const [less, more] = one.spent < other.spent ? [one, other] : [other, one];
  const offer = more.spent - less.spent >= 30 ? ` You can offer ${less.name} as much.` : "";
  return `Alone with the therapist so far: ${list(lengths)}.${offer}`;
}

export class Caucus {
  #shown = null; // whose calm page is on the screen; kept while the line is away

  /** `act(type, fields)` sends a command; `clock` is the server's; `timeOf` reads its time as a time of day. */
  constructor(state, act, clock, timeOf) {
    Object.assign(this, { state, act, clock, timeOf });
    byId("come-back-in").addEventListener("click", () => act("caucus.back"));
    byId("caucus-end").addEventListener("click", () => act("caucus.end"));
    setInterval(() => this.#shown && this.#draw(), REDRAW_MS);
  }

  /** What a screen reader is told on the calm page; empty elsewhere. */
  said() {
    const { caucus } = this.state;
    if (!caucus || !this.#isApart(caucus)) return "";
    return [`${this.#heading(caucus)}.`, this.#meaning(caucus), this.#backWords(caucus)].filter(Boolean).join(" ");
  }

  render() {
    const { state } = this;
    if (!state.current) return; // the line is away: what was shown stays
    this.#renderActions();
    const before = this.#shown;
    this.#shown = state.caucus && this.#isApart(state.caucus) ? state.caucus : null;
    byId("apart").hidden = !this.#shown;
    document.documentElement.classList.toggle("set-apart", Boolean(this.#shown));
    if (this.#shown) this.#draw();
    if (this.#shown && before?.stage !== this.#shown.stage) this.#enter();
    if (before && !this.#shown && !state.current.break) byId("turn-words").focus();
  }

  // The one who waits outside; and everyone, once it is over and the two are asked.
  #isApart({ stage, by, with: partner }) {
    return stage === "returning" || ![by, partner].includes(this.state.me.id);
  }

  #enter() {
    byId("apart-heading").focus({ preventScroll: true });
    byId("apart").scrollIntoView({ block: "start" });
  }

  #renderActions() {
    const { state } = this;
    const { caucus } = state;
    const inside = caucus?.stage === "talking" && [caucus.by, caucus.with].includes(state.me.id);
    byId("caucus-end").hidden = !inside;
    byId("talk-alone").hidden = !state.isChair;
    if (!state.isChair) return;
    const able = ["waiting", "talking", "caucus"].includes(state.phase) && state.self?.ready && state.self.admitted !== false;
    const others = able ? state.partners.filter((p) => p.present && p.ready && !(inside && p.id === caucus.with)) : [];
    // Where it is the next thing to do it stands with what goes on, else among the further choices.
    const atHand = state.phase === "caucus" || (state.phase === "talking" && state.isShuttle);
    this.#buttons(byId("caucus-start"), atHand ? others : []);
    this.#buttons(byId("talk-alone-with"), atHand ? [] : others);
    const times = sharesWords(state, state.current.caucus_time ?? {});
    say(byId("caucus-shares"), atHand ? times : "");
    say(byId("talk-alone-shares"), times);
  }

  #buttons(place, people) {
    keyed(place, people, (p) => p.id, (p) =>
      make("button", { type: "button", class: "button", onclick: () => this.act("caucus.start", { with: p.id }) }, `Talk alone with ${p.name}`),
    );
  }

  #draw() {
    const caucus = this.#shown;
    const talks = caucus.stage === "talking";
    const asked = this.#isAsked(caucus);
    setText(byId("apart-heading"), this.#heading(caucus));
    setText(byId("apart-meaning"), this.#meaning(caucus));
    byId("apart-since").hidden = !talks;
    if (talks) {
      setText(byId("apart-since-words"), `Since ${this.timeOf(caucus.started_at)}, for`);
      setText(byId("apart-timer"), elapsedText(this.clock.now() - caucus.started_at));
    }
    say(byId("apart-back"), this.#backWords(caucus));
    byId("come-back-in").hidden = !asked;
  }

  #isAsked({ stage, back }) {
    return stage === "returning" && !this.state.isChair && !back.includes(this.state.me.id);
  }

  #heading({ stage, by, with: partner }) {
    const { state } = this;
    if (stage === "talking") return `${state.name(by)} talks alone with ${state.name(partner)}`;
    return state.isChair ? "The two are asked whether they come back in" : "Will you come back in?";
  }

  #meaning({ stage, by, with: partner }) {
    if (stage === "talking") return "You hear and see nothing of it, and nobody hears or sees you. There is nothing to do.";
    const { state } = this;
    const who = state.me.id === by ? `You and ${state.name(partner)} have` : `${state.name(by)} and ${this.#nameOf(partner)} have`;
    return `${who} finished talking alone. Nobody hears or sees anybody until both partners have said yes.`;
  }

  #nameOf(id) {
    return id === this.state.me.id ? "you" : this.state.name(id);
  }

  #backWords({ stage, back }) {
    if (stage !== "returning") return "";
    const { state } = this;
    const there = back.filter((id) => id !== state.me.id).map((id) => state.name(id));
    if (back.includes(state.me.id)) {
      const missing = state.others.filter((p) => p.role === "partner" && !back.includes(p.id)).map((p) => p.name);
      return `You will come back in. ${list(missing)} may take the time.`;
    }
    if (there.length) return `${list(there)} will come back in.${state.isChair ? "" : " There is no hurry."}`;
    return "";
  }
}
