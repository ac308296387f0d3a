// What goes on, in sentences: whose turn it is, whether I am heard, who comes next.

import { admissionWords, unadmittedWords } from "./admission.js";
import { list } from "./words.js";

/** Whose turn it is, in one sentence. */
export function turnWords(state) {
  const { floor } = state;
  if (!floor) return "One moment …";
  if (state.phase === "waiting") return waitingWords(state);
  if (state.phase === "caucus") return asideWords(state);
  if (state.awaitsAdmission(state.me.id)) return admissionWords(state);
  if (state.mirror) return sayingBackWords(state);
  return floor.holder === null ? freeWords(state) : holderWords(state);
}

function holderWords(state) {
  const { floor, holdsStick } = state;
  const name = state.name(floor.holder);
  // The first words after a break: how each feels, not where it broke.
  if (floor.return_turn) return holdsStick ? "You are both back. Say how you feel now." : `${name} says how they feel now.`;
  if (floor.mirror_answer_due && holdsStick) return `Did ${state.name(state.step?.listener)} hear what you meant?`;
  return holdsStick ? "It is your turn." : `${name} has the talking stick.`;
}

function freeWords(state) {
  if (state.rests) return "A silence between two turns.";
  if (state.isShuttle) return `${state.isChair ? "The" : "You"} two share no sound and no picture.`;
  if (state.step?.floor === "silence") return "A silence for all of you.";
  return state.floor.mode === "open" ? "Everyone can speak." : "Nobody has the talking stick.";
}

function sayingBackWords(state) {
  const { by } = state.mirror;
  return by === state.me.id ? "Say back what you heard." : `${state.name(by)} says back what they heard.`;
}

function asideWords(state) {
  const { by, with: partner, stage } = state.caucus;
  if (stage === "returning") return "Nobody hears or sees anybody yet.";
  if (state.me.id === by) return `You are alone with ${state.name(partner)}.`;
  return state.me.id === partner ? `You are alone with ${state.name(by)}.` : `${state.name(by)} is alone with ${state.name(partner)}.`;
}

function waitingWords(state) {
  if (!state.self?.ready) return "You are not ready yet.";
  const missing = state.others.filter((p) => p.role === "partner" && !(p.present && p.ready));
  if (!missing.length) return "Everyone is ready.";
  const [here, gone] = [missing.filter((p) => p.present), missing.filter((p) => p.left)];
  const away = missing.filter((p) => !p.present && !p.left);
  const parts = [];
  if (gone.length) parts.push(`${list(gone.map((p) => p.name))} ${gone.length > 1 ? "have" : "has"} left.`);
  if (away.length) parts.push(`${list(away.map((p) => p.name))} ${away.length > 1 ? "are" : "is"} not here yet.`);
  if (here.length) parts.push(`${list(here.map((p) => p.name))} ${here.length > 1 ? "are" : "is"} here and getting ready.`);
  if (gone.length) parts.push("You can wait here, or leave too.");
  return parts.join(" ");
}

/** Whether I am heard, truly: by the views, not by who holds what. `microphone` is "on", "off" or "none". */
export function heardWords(state, microphone) {
  if (state.phase === null) return awayWords(microphone);
  if (state.phase === "waiting") return "Nobody is seen or heard until both partners are here and ready.";
  if (state.awaitsAdmission(state.me.id)) return unadmittedWords(state);
  // While somebody says back, the clock stands for the one who spoke: no line is lost.
  if (state.floor?.paused && !state.mirror) return "The clock stands still until the line is back. No time is lost.";
  if (graceEndsAt(state)) return closingWords(state);
  const hearing = state.heardBy.map((p) => p.name);
  return [hearing.length ? hearingWords(list(hearing), microphone) : unheardWords(state), besideWords(state)].filter(Boolean).join(" ");
}

const graceEndsAt = ({ mirror, floor }) => (mirror ? mirror.grace_ends_at : floor?.grace_ends_at);

function hearingWords(names, microphone) {
  if (microphone === "none") return "You could be heard, but you came in without a microphone.";
  return microphone === "off" ? `Unmute yourself to be heard by ${names}.` : `You are heard by ${names}.`;
}

// What is true beside it, of those who are not meant now.
function besideWords(state) {
  if (state.caucus?.stage === "talking") return `${state.name(state.caucus.held)} hears and sees nothing of it, and is told so.`;
  return state.mirror && state.holdsStick ? "Your turn goes on afterwards, with the time it had." : "";
}

// Media may go on while the page knows nothing of the server.
function awayWords(microphone) {
  if (microphone === "on") return "While the line is away, you may still be heard and seen.";
  return "While the line is away, you may still be seen. You are not heard.";
}

// The time is up, and nobody is cut off in the middle of a word.
function closingWords(state) {
  const speaker = state.mirror?.by ?? state.floor.holder;
  if (speaker !== state.me.id) return `The time is over. ${state.name(speaker)} finishes their sentence.`;
  const next = state.mirror ? `${state.name(state.floor.holder)} goes on` : "the stick goes on";
  return `Your time is over. Finish your sentence: ${next} when you pause.`;
}

function unheardWords(state) {
  const { holder, mode } = state.floor;
  if (state.phase === "talking" && holder === null) {
    if (state.rests || state.step?.floor === "silence") return "Nobody is heard. You see each other as before.";
    if (state.isShuttle) return shuttleWords(state);
    if (state.step?.halted) return haltedWords(state);
    if (mode === "turns") return "Nobody is heard until someone takes the stick.";
  }
  if (state.mirror?.by === state.me.id || (state.holdsStick && !state.mirror)) return "Nobody hears you at the moment.";
  const speaker = state.mirror?.by ?? holder;
  const muted = state.others.find((p) => p.id === speaker)?.microphone === false;
  const listening = "You are not heard now. You are listening.";
  return muted ? `${listening} ${state.name(speaker)}'s microphone is off.` : listening;
}

// Who goes from one to the other is named, if they are here.
function shuttleWords(state) {
  if (state.isChair) return "Talk with one of them alone, then with the other.";
  const therapist = state.others.find((p) => p.role === "therapist");
  if (!therapist || !state.takesPart(therapist.id)) return "You talk with the therapist alone, in turn. The therapist is not here at the moment.";
  return `${therapist.name} talks with each of you alone, and comes to you.`;
}

// The stick was taken back, or a line was lost: the course waits for a person.
function haltedWords(state) {
  if (state.isChair) return `“${state.step.title}” waits. It goes on when you hand the stick to ${state.name(state.step.speaker)}, or a partner asks for it.`;
  return `“${state.step.title}” waits. It goes on when one of you two asks for the stick.`;
}

/** Who waits for the stick, or has it next after a silence, in order. */
export function queueWords(state) {
  const queue = [...(state.floor?.return_queue ?? []), ...(state.floor?.queue ?? [])];
  if (!queue.length && state.rests) queue.push(...afterSilence(state));
  if (!queue.length) return "";
  const names = queue.map((id) => (id === state.me.id ? "you" : state.name(id)));
  return names.length === 1 ? `Next: ${names[0]}` : `Next: ${names.join(", then ")}`;
}

// Whose phase is due; without phases the partner who did not speak last, as far as that is known here.
function afterSilence({ step, floor, partners }) {
  if (step) return step.speaker === null ? [] : [step.speaker];
  const spoke = partners.some((p) => p.id === floor.last_holder);
  return spoke ? partners.filter((p) => p.id !== floor.last_holder).map((p) => p.id) : [];
}
