// How a therapist's calls begin unless something else is said.

import { writeDefaults } from "./desk-api.js";
import { byId, setText } from "./dom.js";
import { FormErrors } from "./form-errors.js";

const form = byId("defaults");
const errors = new FormErrors(form, "defaults-error", "Nothing was kept.");
const FIELDS = ["duration_minutes", "format", "turn_seconds", "distance", "room_minimum", "reminder_words"];
const NUMBERS = new Set(["duration_minutes", "turn_seconds"]);
const fieldOf = (name) => form.querySelector(`[data-pointer="/${name}"]`);

export function offerDefaults(defaults) {
  fill(defaults);
  form.addEventListener("submit", submit);
  form.addEventListener("input", () => setText(byId("defaults-said"), ""));
}

function fill(defaults) {
  for (const name of FIELDS) {
    const field = fieldOf(name);
    const value = String(defaults[name] ?? "");
    if (field.options && ![...field.options].some((one) => one.value === value)) field.add(new Option(NUMBERS.has(name) ? lengthOf(name, value) : value, value));
    field.value = value;
  }
}

const lengthOf = (name, value) => (name === "turn_seconds" ? `${value} seconds` : `${value} minutes`);

async function submit(event) {
  event.preventDefault();
  errors.clear();
  const read = (name) => {
    const value = fieldOf(name).value.trim();
    return value === "" ? null : NUMBERS.has(name) ? Number(value) : value;
  };
  try {
    const { defaults } = await writeDefaults(Object.fromEntries(FIELDS.map((name) => [name, read(name)])));
    fill(defaults);
    setText(byId("defaults-said"), "Kept. Your next calls begin like this.");
  } catch (error) {
    errors.explain(error);
  }
}
