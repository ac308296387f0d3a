// Saying back: the speaker asks for it, the listener alone is heard while it lasts, and the speaker alone says whether it was that.

import { byId, say } from "./dom.js";

/** Whether I can ask the listener to say it back now. */
function mayAsk(state) {
  const { step, floor } = state;
  if (state.phase !== "talking" || !state.holdsStick || !state.speaksInCourse || state.mirror || floor.mirror_answer_due) return false;
  return Boolean(step.mirror_seconds) && state.takesPart(step.listener);
}

/** What my answer does, for the one who spoke. */
function answerWords(state) {
  const { step, floor } = state;
  if (!state.holdsStick || !(state.mirror || floor?.mirror_answer_due)) return "";
  const next = step?.completes.includes("got-it") ? "“You got it” ends your turn in this step." : "";
  return `${next} With “There is more” you go on.`.trim();
}

export class Mirror {
  constructor(state, act) {
    Object.assign(this, { state, act });
    byId("say-back").addEventListener("click", () => act("mirror.start"));
    byId("said-back").addEventListener("click", () => act("mirror.done"));
    byId("got-it").addEventListener("click", () => act("mirror.answer", { got_it: true }));
    byId("more-to-say").addEventListener("click", () => act("mirror.answer", { got_it: false }));
  }

  render() {
    const { state } = this;
    const { mirror, floor } = state;
    const talking = state.phase === "talking";
    const due = talking && Boolean(floor.mirror_answer_due);
    const answers = state.holdsStick && talking && (Boolean(mirror) || due);
    say(byId("say-back"), mayAsk(state) ? `Ask ${state.name(state.step.listener)} to say it back` : "");
    byId("said-back").hidden = !(talking && mirror?.by === state.me.id);
    for (const id of ["got-it", "more-to-say"]) byId(id).hidden = !answers;
    byId("got-it").classList.toggle("main", due);
    say(byId("answer-words"), answerWords(state));
  }
}
