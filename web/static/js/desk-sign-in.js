// Asking for a sign-in link. The answer is the same for every address: nobody learns here whose desk there is.

import { askForLink } from "./desk-api.js";
import { byId, setText } from "./dom.js";
import { FormErrors } from "./form-errors.js";

const form = byId("sign-in");
const errors = new FormErrors(form, "sign-in-error", "No link was sent.");

export function offerSignIn() {
  byId("signing-in").hidden = false;
  form.addEventListener("submit", submit);
}

async function submit(event) {
  event.preventDefault();
  errors.clear();
  setText(byId("sign-in-said"), "");
  const email = byId("email").value.trim();
  if (!email) return errors.show([{ pointer: "/email", detail: "Please write your e-mail address." }]);
  try {
    await askForLink(email);
  } catch (error) {
    return errors.explain(error);
  }
  setText(byId("sign-in-said"), "If this address belongs to a therapist here, a link is on its way. It opens your desk once, and not for long.");
}
