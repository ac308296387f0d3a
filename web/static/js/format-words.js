// Ways to talk, in words: what one is called in a sentence, its steps, its turns and silences, and who begins.

import { lengthWords } from "./words.js";

const PLAIN = new Set(["open-talk", "timed-turns"]);
/** The silences between two turns that can be chosen, in seconds. */
export const RESTS = Object.freeze([0, 30, 60]);

/** A silence between turns: "none", "half a minute", "one minute", "45 seconds". */
export function restWords(seconds) {
  return { 0: "none", 30: "half a minute", 60: "one minute" }[seconds] ?? lengthWords(seconds);
}

/** What a way to talk is called within a sentence: the two plain ones by their words, the others by their name. */
export function nameInSentence(state, id) {
  const name = state.formatName(id);
  return PLAIN.has(id) ? name.toLowerCase() : `“${name}”`;
}

/** Whether it has phases, and so somebody who begins. */
export const hasCourse = (format) => (format?.floor ? format.floor === "course" : Boolean(format?.phases?.length));

/** Whether a silence between turns is of use in it. */
export const hasRests = (format) => ["turns", "course"].includes(format?.floor ?? (format?.id === "timed-turns" ? "turns" : ""));

/** Its steps and its end: "Steps: Sending · Mirroring · Summing up. Then the call ends."; empty where there is nothing to tell. */
export function stepsWords(format) {
  const titles = [...new Set((format?.phases ?? []).map((phase) => phase.title))];
  const steps = titles.length > 1 ? `Steps: ${titles.join(" · ")}.` : "";
  return [steps, format?.then === "end" && "Then the call ends."].filter(Boolean).join(" ");
}

/** How it is meant to go, after its name: "3 minutes each turn, half a minute of silence between turns; Ben begins". */
export function detailWords(state, { format, turn_seconds: turn, rest_seconds: rest, first }) {
  const known = state.formats.find((f) => f.id === format);
  const parts = [];
  if (turn && known?.floor !== "shuttle") parts.push(`${lengthWords(turn)} each turn`);
  if (rest) parts.push(`${restWords(rest)} of silence between turns`);
  const begins = first ? `${first === state.me.id ? "you begin" : `${state.name(first)} begins`}` : "";
  return [parts.join(", "), begins].filter(Boolean).join("; ");
}
