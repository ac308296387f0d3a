// The form that sets up a call: what it says, and what depends on what in it.

import { byId, check, say, setText } from "./dom.js";
import { ZONE } from "./local-time.js";
import { followRecurrence, missingOfRecurrence, readRecurrence } from "./recurrence.js";
import { TimeField } from "./time-field.js";
import { offerZones } from "./zones.js";

const NEEDS_THERAPIST = "This way to talk needs a therapist: please choose “With a therapist” above, or another way.";

export const form = byId("schedule");
const starts = new TimeField("starts");
const chosen = (name) => form.querySelector(`input[name="${name}"]:checked`).value;
const written = (id) => byId(id)?.value.trim() ?? "";
const isLater = () => chosen("when") === "later";

/** The body of POST /api/v1/calls. */
export function readCall() {
  const recurrence = isLater() ? readRecurrence() : null;
  const call = {
    participants: readPeople(),
    duration_minutes: Number(byId("length").value),
    format: chosen("format"),
    turn_seconds: Number(chosen("turn")),
    distance: byId("distance").value,
    room_minimum: byId("room-minimum").value,
    timezone: ZONE,
  };
  if (written("title")) call.title = written("title");
  if (written("reminder-words")) call.reminder_words = written("reminder-words");
  if (!isLater()) return call;
  // A series is told in local time: an offset would hold for its first call alone.
  call.starts_at = recurrence ? starts.local : starts.value;
  call.on_the_spot = chosen("asking") === "spot";
  return recurrence ? { ...call, recurrence } : call;
}

function readPeople() {
  const roles = chosen("company") === "three" ? ["partner", "partner", "therapist"] : ["partner", "partner"];
  return roles.map((role, place) => {
    const person = { role, name: written(role === "therapist" ? "therapist" : `partner-${place}`) };
    if (written(`email-${place}`)) person.email = written(`email-${place}`);
    if (written(`zone-${place}`)) person.timezone = written(`zone-${place}`);
    return person;
  });
}

/** What can be told without asking the server: [{pointer, detail}]. */
export function missing(call) {
  const errors = call.participants.flatMap((p, i) => (p.name ? [] : [{ pointer: `/participants/${i}/name`, detail: "Please write a name." }]));
  if (lacksTherapist()) errors.push({ pointer: "/format", detail: NEEDS_THERAPIST });
  if (!isLater()) return errors;
  // Which of two moments is meant, or none, the server asks of each call of a series itself.
  const trouble = call.recurrence && starts.local ? "" : starts.trouble;
  if (trouble) errors.push({ pointer: "/starts_at", detail: trouble });
  return [...errors, ...missingOfRecurrence(call.recurrence)];
}

const chosenFormat = () => form.querySelector('input[name="format"]:checked');
const lacksTherapist = () => "needsTherapist" in chosenFormat().dataset && chosen("company") !== "three";

function followChoices() {
  byId("therapist-field").hidden = chosen("company") !== "three";
  say(byId("format-needs"), lacksTherapist() ? NEEDS_THERAPIST : "");
  byId("later").hidden = !isLater();
  byId("now-words").hidden = isLater();
  followRecurrence(starts.local);
}

/** A format brings its usual length of turns along, and its own length where it needs more time. */
function followFormat({ target }) {
  if (target.name === "format") {
    check(form, "turn", target.dataset.turnSeconds);
    makeRoomFor(target);
  } else if (target.id === "length") {
    setText(byId("length-hint"), "");
  }
}

function makeRoomFor(format) {
  const length = byId("length");
  const least = Number(format.dataset.leastMinutes ?? 0);
  setText(byId("length-hint"), "");
  if (Number(length.value) >= least) return;
  if (![...length.options].some(({ value }) => Number(value) >= least)) length.add(new Option(`${least} minutes`, least));
  length.value = [...length.options].find(({ value }) => Number(value) >= least).value;
  const name = format.closest("label").querySelector("b").textContent;
  setText(byId("length-hint"), `“${name}” takes ${least} minutes, so the call is as long.`);
}

/** Bring what depends on each other in step, now and whenever something is chosen. */
export function watchChoices() {
  offerZones(byId("zone-names"));
  follow();
  form.addEventListener("change", followFormat);
  form.addEventListener("change", followChoices);
}

/** The same after fields were filled in by a script. */
export function follow() {
  makeRoomFor(chosenFormat());
  followChoices();
}
