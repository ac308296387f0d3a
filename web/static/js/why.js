// How a person is seen, and whose word that is, in one clause. The server says the reason; here it is only put into words.

import { LEVEL_WORDS } from "./words.js";

// Of several reasons the one that explains most: one's own choice before what others add to it.
const ORDER = ["subject", "listening", "room", "viewer", "line"];

/** The reason that is told of a view; undefined where there is none, as for a clear one. */
export const mainReason = (view) => ORDER.find((reason) => view.because?.includes(reason));

/**
 * Whose word it is, such as "as you chose". `viewer` and `subject` are ids, `state` knows who I am and what the others are called.
 */
export function becauseWords(state, reason, viewer, subject) {
  const mine = (id) => id === state.me.id;
  const chose = (id) => `as ${mine(id) ? "you" : state.name(id)} chose`;
  switch (reason) {
    case "subject":
      return chose(subject);
    case "viewer":
      return chose(viewer);
    case "listening":
      return mine(viewer) ? "since you only listen" : `since ${state.name(viewer)} only listens`;
    case "room":
      return "the least for everyone";
    case "line":
      return mine(viewer) ? "since your line is slow" : `since ${state.name(viewer)}'s line is slow`;
    default:
      return "";
  }
}

/** "Ben and Tess see you softened", "Ben gets no picture of you", "you see Ben veiled". */
export function seesWords(viewers, several, subject, level) {
  if (level === "audio-only") return `${viewers} ${several ? "get" : "gets"} no picture of ${subject}`;
  return `${viewers} ${several ? "see" : "sees"} ${subject} ${LEVEL_WORDS[level].seen}`;
}
