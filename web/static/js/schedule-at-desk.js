// Setting up a call from a desk: the form begins as the therapist's calls usually do, and a couple can be chosen again.

import { fetchCouples, fetchDesk } from "./desk-api.js";
import { byId, check } from "./dom.js";
import { follow, form } from "./schedule-form.js";

const SELECTS = { duration_minutes: "length", distance: "distance", room_minimum: "room-minimum" };
const RADIOS = { format: "format", turn_seconds: "turn" };

/** Fill the form; where nobody is signed in, the desk asks them to. */
export async function beginAtDesk() {
  let desk, couples;
  try {
    [desk, couples] = await Promise.all([fetchDesk(), fetchCouples()]);
  } catch (error) {
    if (error.status === 401) location.replace("/desk");
    return; // the form does without
  }
  byId("email-2").value = desk.email;
  begin(desk.defaults);
  byId("reminder-words").value = desk.defaults.reminder_words ?? "";
  offer(couples);
}

/** What a call begins with: lengths, format, distances. What is unknown here stays as it is. */
function begin(values) {
  for (const [name, radio] of Object.entries(RADIOS)) {
    const known = form.querySelector(`input[name="${radio}"][value="${values[name]}"]`);
    if (known) check(form, radio, String(values[name]));
  }
  for (const [name, id] of Object.entries(SELECTS)) {
    const value = values[name] === null ? "" : String(values[name]);
    if (!value) continue;
    if (id === "length" && ![...byId(id).options].some((one) => one.value === value)) byId(id).add(new Option(`${value} minutes`, value));
    byId(id).value = value;
  }
  follow();
}

function offer(couples) {
  const list = byId("couple");
  const partnersOf = (couple) => couple.participants.filter(({ role }) => role === "partner");
  list.append(...couples.map((one, index) => new Option(partnersOf(one).map(({ name }) => name).join(" and "), index)));
  byId("couple-field").hidden = !couples.length;
  list.addEventListener("change", () => {
    const couple = couples[list.value];
    if (!couple) return;
    partnersOf(couple).forEach(fill);
    const therapist = couple.participants.find(({ role }) => role === "therapist");
    if (therapist) byId("therapist").value = therapist.name;
    byId("title").value = couple.title;
    begin(couple);
  });
}

function fill({ name, email, timezone }, place) {
  byId(`partner-${place}`).value = name;
  byId(`email-${place}`).value = email ?? "";
  byId(`zone-${place}`).value = timezone ?? "";
}
