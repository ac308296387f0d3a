// When a call is: in this person's own time, and in the call's where that differs.

import { byId, make, say, setText } from "./dom.js";
import { elsewhereWords, momentWords } from "./local-time.js";

/** Fill #when and #when-elsewhere. */
export function showWhen(call) {
  const at = new Date(call.starts_at);
  setText(byId("when"), momentWords(at));
  const there = elsewhereWords(at, call.timezone);
  say(byId("when-elsewhere"), there && `That is ${there}. Above is your own time.`);
}

const door = document.querySelector("#door-opens time");
const doorBefore = door && new Date(document.querySelector("#when time").dateTime) - new Date(door.dateTime);

/** How long it is, and when the door opens: both move with the call. */
export function showDoor(call) {
  setText(byId("length-words"), `${call.duration_minutes} minutes.`);
  if (door) setText(door, `${momentWords(new Date(new Date(call.starts_at) - doorBefore))} (your time)`);
}

const LEFT_OUT = { cancelled: "left out", ended: "over", live: "going on now" };

/** Fill #dates with the calls of a series; `leadTo(id)` is where each is looked at. */
export function showDates(call, leadTo) {
  const calls = call.series?.calls ?? [];
  byId("dates").hidden = !calls.length;
  setText(byId("dates-heading"), `All ${calls.length} dates`);
  byId("dates-list").replaceChildren(...calls.map((one) => make("li", {}, ...dateWords(one, call, leadTo))));
}

function dateWords({ id, starts_at, occurrence_at, status }, call, leadTo) {
  const words = momentWords(new Date(starts_at));
  const moved = new Date(starts_at).getTime() !== new Date(occurrence_at).getTime() && "moved";
  const noted = [LEFT_OUT[status], moved, id === call.id && "this one"].filter(Boolean).join(", ");
  return [id === call.id ? words : make("a", { href: leadTo(id) }, words), noted ? ` (${noted})` : ""];
}
