// How the newest letter to each person fared, for whoever organises; and sending it again.

import { make } from "./dom.js";
import { momentWords } from "./local-time.js";
import { isErased } from "./people-answers.js";

const STATES = {
  queued: "waits to be sent",
  claimed: "waits to be sent",
  "handing-over": "is being sent",
  sent: "was sent",
  failed: "could not be sent",
  uncertain: "may or may not have arrived",
  dropped: "was not sent, since it was no longer true",
};
const KINDS = {
  invitation: "The invitation",
  changed: "The letter about the change",
  cancelled: "The cancellation",
  "series-ended": "The letter about the end of the series",
  declined: "The letter about a no",
  settled: "The confirmation",
  proposed: "The letter about another time",
  "proposal-declined": "The letter about another time",
  "reminder-day": "The reminder of the day before",
  "reminder-soon": "The reminder of ten minutes before",
};
const UNDER_WAY = new Set(["queued", "claimed", "handing-over"]);

const LIES_THERE = "lies in the outbox folder of this server";

/** Nodes to stand beneath a person's name. `toOutbox`: the server sends no mail, and a letter that went is a file. */
export function letterOf(person, { canSend, onSend, toOutbox }) {
  if (!person.has_email) {
    const comes = canSend && !isErased(person);
    return comes ? [make("p", { class: "hint letter" }, "No address: they come by the link that you passed on.")] : [];
  }
  const { mail } = person;
  if (!mail) return [make("p", { class: "hint letter" }, "No letter yet.")];
  const kind = KINDS[mail.kind] ?? "The newest letter";
  const reason = mail.reason ? ` ${sentence(mail.reason)}` : "";
  const state = toOutbox && mail.state === "sent" ? LIES_THERE : (STATES[mail.state] ?? mail.state);
  const words = `${kind} ${state} (${momentWords(new Date(mail.at))}).${reason}`;
  const again = make("button", { type: "button", class: "button plain", onclick: () => onSend(person), "aria-label": `Send it again to ${person.name}` }, "Send it again");
  const trouble = mail.state === "failed" || mail.state === "uncertain";
  return [
    make("p", { class: trouble ? "alert letter" : "hint letter" }, words),
    ...(canSend && !UNDER_WAY.has(mail.state) ? [again] : []),
  ];
}

const sentence = (words) => (/[.!?]$/.test(words) ? words : `${words}.`);
