// What the door says before going in: who is here already, and whether I am, on another device.

import { byId, setText } from "./dom.js";
import { list } from "./words.js";

const are = (names) => (names.length > 1 ? "are" : "is");

/** Who of the others is here, and whether they are ready; nothing while the line is away. */
export function presenceWords(state) {
  if (!state.current) return "";
  const here = state.others.filter((p) => p.present);
  const ready = here.filter((p) => p.ready).map((p) => p.name);
  const waiting = here.filter((p) => !p.ready).map((p) => p.name);
  const parts = [];
  if (ready.length) parts.push(`${list(ready)} ${are(ready)} here and ready.`);
  if (waiting.length) parts.push(`${list(waiting)} ${are(waiting)} here and getting ready.`);
  if (!here.length) parts.push("Nobody else is here yet.");
  if (state.phase === "break") parts.push("Everyone has stepped back for a while: you come in to a break.");
  if (state.phase === "caucus") parts.push(asideWords(state.caucus, state));
  // Whoever comes to a talk that goes on does not just walk in.
  if (state.phase === "talking" && state.isChair) parts.push("The two talk already. They are asked whether you may take part once you are ready.");
  return parts.join(" ");
}

function asideWords({ stage, by, with: partner }, state) {
  if (stage === "returning") return "Nobody hears or sees anybody until both partners have said that they come back in.";
  return `${state.name(by)} is alone with ${partner === state.me.id ? "you" : state.name(partner)}.`;
}

/** I have a place in the call already: this door is not in it, and says what going in would do. `elsewhere`: I am there now. */
export function sayPlace(elsewhere) {
  byId(elsewhere ? "elsewhere" : "missed").hidden = false;
  byId("before-presence").hidden = true;
  if (elsewhere) setText(byId("not-yet"), "");
}

/** I was in the call, and my line was away for so long that I am asked again. */
export function sayAway() {
  byId("away").hidden = false;
}

/** The title may have been changed while somebody waited at the door. */
export function showTitle(title) {
  for (const element of document.querySelectorAll("[data-call-title]")) setText(element, title);
  document.title = `${title} · Holdspace`;
}
