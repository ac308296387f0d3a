// Stepping back: one press or one key for everyone's quiet, the calm page while it lasts, the time of return, and coming back.

import { byId, keyed, make, say, setText } from "./dom.js";
import { list } from "./words.js";

// No letter: a key that nobody types by accident, and that no browser has a use for in a page. "Pause" is there on large keyboards.
const KEYS = new Set(["F8", "Pause"]);
const MINUTES = [5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 360, 720, 1080, 1440];
/** From here on the return is an appointment: the call's calendar entry moves there. */
const LONG_S = 4 * 60 * 60;
/** The server names no return sooner than this after the beginning. */
const LEAST_S = 20 * 60;
const SAME_S = 45; // nearer to the named time than this is no other time
const REDRAW_MS = 1_000;

const timeOfDay = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** "at 19:40", or "tomorrow at 09:30" where it is another day. */
function timeWords(date) {
  const words = `at ${timeOfDay.format(date)}`;
  return date.toDateString() === new Date().toDateString() ? words : `tomorrow ${words}`;
}

/** "in about 18 minutes", "in a minute", "in about 2 hours". */
export function awayWords(seconds) {
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 1) return "in a minute";
  if (minutes < 90) return `in about ${minutes} minutes`;
  return `in about ${(minutes / 60).toFixed(1).replace(".0", "")} hours`;
}

export class StepBack {
  #shown = null; // the break on the page; kept while the line is away
  #times = new Map(); // server time → the moment it was first read as, so that no minute flickers

  /** `act(type, fields)` sends a command; `clock` is the server's. */
  constructor(state, act, clock) {
    Object.assign(this, { state, act, clock });
    byId("step-back").addEventListener("click", () => this.press());
    byId("am-back").addEventListener("click", () => act("break.end"));
    byId("name-time").addEventListener("click", () => act("break.time", { seconds: Number(byId("break-when").value) }));
    byId("break-when").addEventListener("change", () => this.#drawChoice());
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#shown && this.#draw(), REDRAW_MS);
  }

  /** Step back, if there is a talk to step back from. */
  press() {
    if (this.#mayStepBack) this.act("break.start");
  }

  // Out of the talk, and out of a caucus, whichever side of it one is on.
  get #mayStepBack() {
    const { state } = this;
    return state.phase === "caucus" ? Boolean(state.self?.ready) : state.phase === "talking" && state.takesPart(state.me.id);
  }

  /** The time of day here, when the server's clock shows `at`. */
  time(at) {
    return timeOfDay.format(this.#moment(at));
  }

  /** The same as people say it: "at 19:40". */
  when(at) {
    return timeWords(this.#moment(at));
  }

  #moment(at) {
    if (!this.#times.has(at)) this.#times.set(at, new Date(Date.now() + (at - this.clock.now()) * 1000 + 30_000 - 1));
    return this.#times.get(at);
  }

  /** What a screen reader is told of a break, when it changes; empty outside. */
  said() {
    const pause = this.state.current?.break;
    if (!pause) return "";
    return [`${this.#heading(pause)}.`, "Nobody hears or sees anybody.", this.#timeWords(pause, ""), this.#backWords(pause)].join(" ").trim();
  }

  render() {
    const { current } = this.state;
    byId("step-back").hidden = !this.#mayStepBack;
    if (!current) return; // the line is away: what was shown stays
    const before = this.#shown;
    this.#shown = current.break;
    byId("break").hidden = !this.#shown;
    document.documentElement.classList.toggle("stepped-back", Boolean(this.#shown));
    if (this.#shown) this.#draw();
    if (this.#shown && !before) this.#enter();
    if (before && !this.#shown) byId("turn-words").focus();
  }

  #enter() {
    byId("break-heading").focus({ preventScroll: true });
    byId("break").scrollIntoView({ block: "start" });
  }

  #key(event) {
    if (!KEYS.has(event.key) || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (byId("room").hidden) return;
    event.preventDefault();
    this.press();
  }

  #draw() {
    const pause = this.#shown;
    const isBack = pause.back.includes(this.state.me.id);
    setText(byId("break-heading"), this.#heading(pause));
    setText(byId("break-time"), this.#timeWords(pause, `, ${awayWords(pause.returns_at - this.clock.now())}`));
    say(byId("break-back"), this.#backWords(pause));
    byId("am-back").hidden = this.state.isChair || isBack;
    byId("break-calendar").hidden = pause.returns_at - this.clock.now() <= LONG_S;
    byId("am-back").classList.toggle("main", pause.due || pause.back.length > 0);
    this.#drawTimes(pause);
  }

  #drawTimes(pause) {
    const now = this.clock.now();
    const fits = (seconds) => now + seconds >= pause.started_at + LEAST_S && Math.abs(now + seconds - pause.returns_at) > SAME_S;
    const choices = MINUTES.map((minutes) => minutes * 60).filter(fits);
    const select = byId("break-when");
    const fresh = !select.options.length || !choices.includes(Number(select.value));
    keyed(select, choices, (s) => s, (s) => make("option", { value: s }), (option, s) => setText(option, this.#choiceWords(now, s)));
    if (fresh) select.value = choices.find((s) => s >= LEAST_S && now + s > pause.returns_at) ?? choices[0];
    this.#drawChoice();
  }

  #choiceWords(now, seconds) {
    const minutes = seconds / 60;
    const length = minutes < 60 ? `${minutes} minutes` : minutes === 60 ? "an hour" : `${minutes / 60} hours`;
    return `in ${length}, ${timeWords(new Date(Date.now() + seconds * 1000))}`;
  }

  // Later is so at once; earlier is a question to both.
  #drawChoice() {
    const earlier = this.clock.now() + Number(byId("break-when").value) < this.#shown.returns_at;
    const words = this.#shown.due ? "Not yet: come back then" : "Take longer: come back then";
    setText(byId("name-time"), earlier ? "Ask to come back then" : words);
    byId("name-time").disabled = earlier && this.state.proposals.some((p) => p.kind === "return");
    setText(byId("break-rule"), earlier ? "Coming back sooner needs both partners' yes." : "More time needs nobody's yes.");
  }

  #heading({ by }) {
    return by === this.state.me.id ? "You stepped back" : `${this.state.name(by)} stepped back`;
  }

  #timeWords({ due, returns_at: at }, away) {
    return due ? `It is time to come back, if you can.` : `You come back ${this.when(at)}${away}.`;
  }

  #backWords({ back }) {
    const { me } = this.state;
    const others = back.filter((id) => id !== me.id).map((id) => this.state.name(id));
    if (back.includes(me.id)) {
      const missing = this.state.others.filter((p) => p.role === "partner" && !back.includes(p.id)).map((p) => p.name);
      return `You are back. ${list(missing)} may take the time until then.`;
    }
    if (!others.length) return this.state.isChair ? "The two partners say when they are back." : "";
    return this.state.isChair ? `${list(others)} is back.` : `${list(others)} is back. There is no hurry.`;
  }
}
