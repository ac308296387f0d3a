// What a call comes to at the moment, for whoever organises it.

import { isErased, nameWithin } from "./people-answers.js";

const STATUS = { live: "It goes on now.", ended: "It is over.", cancelled: "It is cancelled." };

/** "Anna and Ben", with the therapist where there is one. */
export const peopleWords = (call) => new Intl.ListFormat("en-GB").format(call.participants.map(nameWithin));

/** Where it stands. */
export function standingWords(call) {
  const partners = call.participants.filter(({ role }) => role === "partner");
  // After a while everybody's names are erased, and that says nothing of why.
  const someAlone = partners.some(isErased) && !partners.every(isErased);
  if (call.status === "cancelled" && someAlone) return "It is cancelled. A partner had what is kept about them erased.";
  if (STATUS[call.status]) return STATUS[call.status];
  const open = call.status === "open";
  if (call.on_the_spot) return open ? "The door is open." : "Nobody is asked first: the door opens when it is time.";
  if (call.agreed) return open ? "Both partners have said yes, and the door is open." : "Both partners have said yes. The door opens when it is time.";
  const no = partners.filter(({ rsvp }) => rsvp === "declined").map(({ name }) => name);
  if (no.length) return `${no.join(" and ")} said not now. The door stays closed.`;
  const silent = partners.filter(({ rsvp }) => rsvp !== "accepted").map(({ name }) => name);
  return `The door opens once ${silent.join(" and ")} ${silent.length > 1 ? "have" : "has"} said yes.`;
}

/** What a move means for the others. */
export const moveWords = (call) =>
  `${call.on_the_spot ? "Whoever has an address here is told by mail." : "Both partners are asked again, and everyone is told by mail where they have an address here."}${call.series ? " The other dates of the series stay." : ""}`;
