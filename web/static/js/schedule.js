// The page that sets up a call: sends the form, then shows the links. At a therapist's desk the form begins with what they
// usually choose.

import { offerAnother } from "./another.js";
import { createCall, Problem } from "./api.js";
import { byId, check } from "./dom.js";
import { FormErrors } from "./form-errors.js";
import { showCall } from "./organise.js";
import { form, missing, readCall, watchChoices } from "./schedule-form.js";

const startTitle = document.title;
const errors = new FormErrors(form, "form-error", "Nothing was set up.");
const atDesk = "atDesk" in form.dataset;

async function submit(event) {
  event.preventDefault();
  errors.clear();
  const call = readCall();
  const lacking = missing(call);
  if (lacking.length) return errors.show(lacking);
  byId("submit").disabled = true;
  try {
    showCall(await createCall(call, byId("organizer-key")?.value), call);
  } catch (error) {
    byId("submit").disabled = false; // before the focus goes back to the form
    explain(error);
  }
  byId("submit").disabled = false;
}

function explain(error) {
  if (!(error instanceof Problem && error.status === 401)) return errors.explain(error);
  if (byId("organizer-key")) return errors.show([{ pointer: "/authorization", detail: error.detail }]);
  errors.show([], atDesk ? "You are not signed in any more. Sign in once more in another tab; what you wrote stays here." : error.detail);
}

function another() {
  document.title = startTitle;
  byId("links-shown").hidden = true;
  byId("setting-up").hidden = false;
  byId("partner-0").focus();
}

if (!atDesk) check(form, "when", "now");
watchChoices();
form.addEventListener("submit", submit);
offerAnother(another);
if (atDesk) {
  const { beginAtDesk } = await import("./schedule-at-desk.js");
  await beginAtDesk();
}
