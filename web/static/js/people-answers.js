// Who is invited and what each has answered.

import { make } from "./dom.js";

const ERASED = "(erased)"; // as the server writes it

/** Whether this person has had themselves erased: their link leads nowhere any more. */
export const isErased = ({ name }) => name === ERASED;

/** What somebody is called, where that begins a line, and within a sentence. */
export const nameOf = (person) => (isErased(person) ? "Somebody whose name was erased" : person.name);
export const nameWithin = (person) => (isErased(person) ? "somebody whose name was erased" : person.name);

const WORDS = { accepted: "has said yes", declined: "not now", tentative: "perhaps", "needs-action": "has not answered yet" };
const OWN_WORDS = { accepted: "you said yes", declined: "you said not now", tentative: "you said perhaps", "needs-action": "not answered yet" };

/** Fill a list; `beneath(person)` gives further nodes for one person. */
export function showPeople(list, call, beneath = () => []) {
  list.replaceChildren(...call.participants.map((person) => row(call, person, beneath)));
}

function row(call, person, beneath) {
  const own = person.id === call.you;
  const name = [nameOf(person), person.role === "therapist" && "therapist", own && "you"].filter(Boolean).join(", ");
  // On the spot nobody is asked, so nobody owes an answer; nor does anybody once the call is over, and a cancelled one has none.
  const owesNone = call.on_the_spot || call.status === "ended";
  const silent = call.status === "cancelled" || (owesNone && person.rsvp === "needs-action");
  const state = silent ? "" : (own ? OWN_WORDS : WORDS)[person.rsvp];
  return make("li", { "data-rsvp": person.rsvp }, make("span", {}, name), make("span", { class: "state" }, state), ...beneath(person));
}
