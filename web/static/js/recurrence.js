// How often a call takes place: once, or again and again until a number of times or a last day.

import { byId, say } from "./dom.js";
import { momentWords } from "./local-time.js";

const DAY_MS = 24 * 60 * 60_000;
const STEP_DAYS = { weekly: 7, daily: 1 };
const day = (at) => momentWords(new Date(at), "UTC").split(", ").slice(0, 2).join(", ");

const ending = () => document.querySelector('input[name="until"]:checked').value;

/** What the API is told; null: once. */
export function readRecurrence() {
  const { value: frequency, dataset } = byId("repeat").selectedOptions[0];
  if (!frequency) return null;
  const end = ending() === "count" ? { count: Number(byId("count").value) } : { until: byId("until").value };
  return { frequency, interval: Number(dataset.interval), ...end };
}

/** What is missing: [{pointer, detail}]. */
export function missingOfRecurrence(recurrence) {
  if (recurrence?.until === "") return [{ pointer: "/recurrence/until", detail: "Please choose the last day." }];
  const tooFew = recurrence && "count" in recurrence && !(Number.isInteger(recurrence.count) && recurrence.count >= 2);
  return tooFew ? [{ pointer: "/recurrence/count", detail: "Please write a number from 2 on." }] : [];
}

/** Show the fields that belong to the choice, and what they come to from the first local time on. */
export function followRecurrence(firstLocal) {
  const recurrence = readRecurrence();
  byId("series").hidden = !recurrence;
  byId("count-field").hidden = ending() !== "count";
  byId("until-field").hidden = ending() !== "date";
  say(byId("series-words"), recurrence && firstLocal ? words(recurrence, firstLocal) : "");
}

function words({ frequency, interval, count, until }, firstLocal) {
  const step = STEP_DAYS[frequency] * interval * DAY_MS;
  const first = Date.parse(`${firstLocal.slice(0, 10)}T00:00Z`);
  const times = count ?? Math.floor((Date.parse(`${until}T00:00Z`) - first) / step) + 1;
  if (!(times >= 2)) return "";
  const time = firstLocal.slice(11, 16);
  return `${times} times at ${time}, from ${day(first)} to ${day(first + (times - 1) * step)}. The local time stays the same when the clocks change.`;
}
