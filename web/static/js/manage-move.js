// Moving a call to another time, or giving it another length.

import { byId } from "./dom.js";
import { FormErrors } from "./form-errors.js";
import { ZONE } from "./local-time.js";
import { TimeField } from "./time-field.js";

/** `change(values)` sends what is different; it is expected to throw what the API answers. */
export function offerMove(change) {
  const form = byId("move");
  const time = new TimeField("starts");
  const errors = new FormErrors(form, "move-error", "Nothing was moved.");
  let known = null;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    errors.clear();
    const values = {};
    if (Number(byId("length").value) !== known.duration_minutes) values.duration_minutes = Number(byId("length").value);
    if (time.local) Object.assign(values, { starts_at: time.value, timezone: ZONE });
    if (time.trouble && (time.local || !values.duration_minutes)) return errors.show([{ pointer: "/starts_at", detail: time.trouble }]);
    try {
      await change(values);
    } catch (error) {
      return errors.explain(error);
    }
    time.clear();
    byId("moving").open = false;
  });

  return { follow };

  /** Keep the length in step with the call, while nobody is choosing another one. */
  function follow(call) {
    const length = byId("length");
    const untouched = !known || Number(length.value) === known.duration_minutes;
    known = call;
    if (!untouched) return;
    const minutes = String(call.duration_minutes);
    if (![...length.options].some(({ value }) => value === minutes)) length.add(new Option(`${minutes} minutes`, minutes));
    length.value = minutes;
  }
}
