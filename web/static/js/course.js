// The phases of a format: which one it is, what it asks of me, what completes it, and being ready to go on.

import { byId, keyed, make, say, setText } from "./dom.js";
import { list } from "./words.js";

/** "Sending · step 2 of 7 · round 1 of 3"; empty outside of a course. */
export function placeWords(state) {
  if (state.phase !== "talking" || !state.course || state.awaitsAdmission(state.me.id)) return "";
  const { step } = state;
  if (!step) return `${state.formatName(state.floor.format)} is complete`;
  const parts = [step.title];
  if (step.of > 1) parts.push(`step ${step.number} of ${step.of}`);
  if (step.repetitions !== 1) parts.push(roundWords(step));
  return parts.join(" · ");
}

const roundWords = ({ repetition, repetitions }) => (repetitions ? `round ${repetition} of ${repetitions}` : `round ${repetition}`);

/**
 * What the phase asks of me, as [{whom, words}]: `whom` is empty where it is me, and the therapist reads what both are asked. While the
 * listener says back, nothing is asked of the speaker.
 */
export function prompts(state) {
  const { step } = state;
  if (!isUnderWay(state)) return [];
  if (step.speaker === null) return step.to_speaker ? [{ whom: "", words: step.to_speaker }] : [];
  const asked = [
    { id: step.speaker, words: step.to_speaker },
    { id: step.listener, words: step.to_listener },
  ].filter(({ id, words }) => words && (state.isChair || id === state.me.id) && !(state.mirror && id === step.speaker));
  return asked.map(({ id, words }) => ({ whom: state.isChair ? state.name(id) : "", words }));
}

// The phase's own turn goes on, or the silence or the talk that it is: not while somebody has brought the stick in between.
function isUnderWay(state) {
  const { step, floor } = state;
  if (!step || state.phase !== "talking" || state.rests || step.halted || state.awaitsAdmission(state.me.id)) return false;
  return step.floor === "turn" ? state.speaksInCourse : floor.holder === null;
}

/** What completes the present phase, as it concerns me. */
export function completionWords(state) {
  const { step } = state;
  // What the answer does is said instead.
  if (state.mirror || state.floor?.mirror_answer_due || !isUnderWay(state)) return "";
  return step.floor === "turn" ? turnEndWords(state, step) : sharedEndWords(step);
}

function turnEndWords(state, step) {
  const [who, s] = state.holdsStick ? ["you", ""] : [state.name(step.speaker), "s"];
  const ways = [`${who} hand${s} the stick on`, "the time is over"];
  if (step.completes.includes("got-it")) ways.unshift(`${who} say${s} “You got it”`);
  return `It goes on when ${either(ways)}.`;
}

function sharedEndWords({ completes, seconds }) {
  const ways = [];
  if (completes.includes("both")) ways.push("both of you are ready");
  if (seconds) ways.push("the time is over");
  return ways.length ? `It goes on when ${either(ways)}.` : "";
}

const either = (ways) => new Intl.ListFormat("en-GB", { type: "disjunction" }).format(ways);

/** Whether the partners can say that they are ready to go on. */
export function waitsForBoth(state) {
  if (state.phase !== "talking") return false;
  if (state.rests) return true;
  return isUnderWay(state) && state.step.floor !== "turn" && state.step.completes.includes("both");
}

/** Who is ready to go on, without hurry. */
export function readyWords(state) {
  if (!waitsForBoth(state)) return "";
  const { done, me, partners } = state;
  const others = partners.filter((p) => p.id !== me.id);
  const ready = others.filter((p) => done.includes(p.id)).map((p) => p.name);
  if (done.includes(me.id)) return `You are ready, 1 of 2. ${list(others.map((p) => p.name))} may take the time.`;
  if (!ready.length) return "";
  return state.isChair ? `${list(ready)} is ready to go on, 1 of 2.` : `${list(ready)} is ready to go on, 1 of 2. There is no hurry.`;
}

export class Course {
  constructor(state, act) {
    Object.assign(this, { state, act });
    byId("ready-to-go-on").addEventListener("click", () => act("phase.done", { done: !state.done.includes(state.me.id) }));
  }

  render() {
    const { state } = this;
    say(byId("course-place"), placeWords(state));
    keyed(byId("prompts"), prompts(state), ({ whom }) => whom || "me", buildPrompt, showPrompt);
    say(byId("completion-words"), completionWords(state));
    say(byId("ready-words"), readyWords(state));
    const button = byId("ready-to-go-on");
    button.hidden = state.isChair || !waitsForBoth(state);
    // The name stays and the state changes: "I am ready to go on, pressed".
    button.setAttribute("aria-pressed", String(state.done.includes(state.me.id)));
  }
}

const buildPrompt = () => make("p", { class: "prompt" }, make("span", { class: "whom" }), make("span", {}));

function showPrompt(element, { whom, words }) {
  say(element.firstChild, whom && `${whom}: `);
  setText(element.lastChild, words);
}
