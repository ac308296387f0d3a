// The page that sets up a call: reads the form, shows errors beside the fields, then shows the links.

import { offerAnother } from "./another.js";
import { createCall, Problem, Unreachable } from "./api.js";
import { byId, check, say, setText } from "./dom.js";
import { momentWords } from "./local-time.js";
import { showCall } from "./organise.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const startTitle = document.title;
const form = byId("schedule");
const NEEDS_THERAPIST = "This way to talk needs a therapist: please choose “With a therapist” above, or another way.";
const chosen = (name) => form.querySelector(`input[name="${name}"]:checked`).value;

/** The body of POST /api/v1/calls, from the form. */
function readCall() {
  const names = ["partner-0", "partner-1"].map((id) => ({ role: "partner", name: byId(id).value.trim() }));
  const therapist = { role: "therapist", name: byId("therapist").value.trim() };
  const call = {
    participants: chosen("company") === "three" ? [...names, therapist] : names,
    duration_minutes: Number(byId("length").value),
    format: chosen("format"),
    turn_seconds: Number(chosen("turn")),
    distance: byId("distance").value,
    room_minimum: byId("room-minimum").value,
    timezone: zone,
  };
  const title = byId("title").value.trim();
  if (title) call.title = title;
  if (chosen("when") === "later") call.starts_at = byId("starts").value;
  return call;
}

const chosenFormat = () => form.querySelector('input[name="format"]:checked');
const lacksTherapist = () => "needsTherapist" in chosenFormat().dataset && chosen("company") !== "three";

/** What can be told without asking the server: [{pointer, detail}]. */
function missing(call) {
  const errors = call.participants.flatMap((p, i) => (p.name ? [] : [{ pointer: `/participants/${i}/name`, detail: "Please write a name." }]));
  if (lacksTherapist()) errors.push({ pointer: "/format", detail: NEEDS_THERAPIST });
  if (call.starts_at === "") errors.push({ pointer: "/starts_at", detail: "Please choose a date and a time." });
  return errors;
}

function clearErrors() {
  for (const place of form.querySelectorAll(".field-error")) setText(place, "");
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  say(byId("form-error"), "");
}

/** Put each error beside its field, what has no field above the button, and the keyboard at the first of them. */
function showErrors(errors, detail) {
  const homeless = errors.filter((error) => !showBeside(error)).map((error) => error.detail);
  const first = form.querySelector("[aria-invalid]");
  say(byId("form-error"), homeless.length ? homeless.join(" ") : first ? "" : detail);
  (first?.querySelector("input:checked") ?? first ?? byId("form-error")).focus();
}

function showBeside({ pointer, detail }) {
  const path = String(pointer).replace(/^#/, "");
  const field = [...form.querySelectorAll("[data-pointer]")].find((f) => f.dataset.pointer === path);
  const place = field?.getAttribute("aria-describedby")?.split(" ").at(-1);
  if (!place || field.offsetParent === null) return false;
  field.setAttribute("aria-invalid", "true");
  setText(byId(place), detail);
  return true;
}

function explain(error) {
  if (error instanceof Problem && error.status === 401 && byId("organizer-key")) {
    return showErrors([{ pointer: "/authorization", detail: error.detail }], "");
  }
  if (error instanceof Problem) return showErrors(error.errors, error.detail);
  if (error instanceof Unreachable) return showErrors([], `${error.message} Nothing was set up. Please try again.`);
  throw error;
}

async function submit(event) {
  event.preventDefault();
  clearErrors();
  const call = readCall();
  const errors = missing(call);
  if (errors.length) return showErrors(errors, "");
  byId("submit").disabled = true;
  try {
    showCall(await createCall(call, byId("organizer-key")?.value));
  } catch (error) {
    byId("submit").disabled = false; // before the focus goes back to the form
    explain(error);
  }
  byId("submit").disabled = false;
}

function followChoices() {
  byId("therapist-field").hidden = chosen("company") !== "three";
  say(byId("format-needs"), lacksTherapist() ? NEEDS_THERAPIST : "");
  byId("starts-field").hidden = chosen("when") !== "later";
  const starts = byId("starts").value;
  setText(byId("starts-words"), starts ? `${momentWords(new Date(starts))}. ` : "");
}

/** A format brings its usual length of turns along; whoever wants another one chooses it afterwards. */
function followFormat({ target }) {
  if (target.name === "format") check(form, "turn", target.dataset.turnSeconds);
}

function another() {
  document.title = startTitle;
  byId("links-shown").hidden = true;
  byId("setting-up").hidden = false;
  byId("partner-0").focus();
}

setText(byId("zone"), zone);
check(form, "when", "now");
followChoices();
form.addEventListener("change", followFormat);
form.addEventListener("change", followChoices);
form.addEventListener("submit", submit);
offerAnother(another);
