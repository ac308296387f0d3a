// The links of a call that was just set up: copy, calendar file, open. They live in this page's memory alone, so the
// page does not close without a word while one of them has not been passed on. What goes by mail is passed on already.

import { fetchCalendar } from "./api.js";
import { copy, copyField } from "./copy.js";
import { byId, make, setText } from "./dom.js";
import { momentWords } from "./local-time.js";

const IN_THE_FILE = "The file holds this link: in a shared calendar, others would see it.";

const unkept = new Map(); // participant id -> name
const OWN = "own";
const byMail = "mail" in byId("links").dataset;
const tokenOf = (link) => link.split("/i/").at(-1);

/** The people whose link has not been copied, opened or saved yet. */
export const namesOfUnkept = () => [...unkept.values()];

/** Show everyone's link of a new call (the answer of POST /api/v1/calls) that was made of `wish`. */
export function showLinks(call, wish) {
  const people = call.participants.map((person, place) => ({ ...person, email: wish.participants[place].email }));
  for (const person of people) if (!(byMail && person.email)) unkept.set(person.id, person.name);
  // On the spot there is nothing to look after, and a desk keeps its calls by itself.
  if (!call.on_the_spot && !("atDesk" in byId("schedule").dataset)) unkept.set(OWN, "yourself");
  guard();
  setText(byId("links-lead"), `${call.title} · ${momentWords(new Date(call.starts_at))} · ${call.duration_minutes} minutes`);
  byId("links").replaceChildren(...people.map((person) => row(call, person)));
  byId("links").hidden = false;
  byId("links-hint").hidden = false;
}

/** The links are of no use any more, or nobody wants them: the page may close. */
export function forgetLinks() {
  unkept.clear();
  guard();
  byId("links").replaceChildren();
  byId("links").hidden = true;
  byId("links-hint").hidden = true;
}

function kept(person) {
  unkept.delete(person.id);
  guard();
}

/** The organizer's own link was copied or opened. */
export const keepManageLink = () => kept({ id: OWN });

/** What becomes of this person's letter; nothing without an address. */
function mailWords({ email }) {
  if (!email) return [];
  const words = byMail ? `The invitation goes to ${email} by mail.` : `This server sends no mail: the letter to ${email} lies in its outbox. Please pass the link on yourself.`;
  return [make("p", {}, words)];
}

/** The browser asks before the page is left, in words of its own. */
function guard() {
  window.onbeforeunload = unkept.size ? (event) => event.preventDefault() : null;
}

function row(call, person) {
  const id = `link-${person.id}`;
  const url = person.invitation_url;
  const keep = () => kept(person);
  const link = copyField({ id, value: url, oncopy: keep });
  const said = make("p", { class: "said", role: "status" });
  return make(
    "li",
    {},
    make("label", { for: id }, "For ", make("b", {}, person.name), person.role === "therapist" ? ", the therapist, alone" : " alone"),
    ...mailWords(person),
    link,
    make(
      "div",
      { class: "group" },
      button("Copy link", person, { onclick: async () => (await copy(link, said)) && keep() }),
      button("Calendar file (.ics)", person, {
        class: "button plain",
        onclick: async () => (await saveCalendar(call, person, said)) && keep(),
        "aria-describedby": `${id}-calendar`,
      }),
      make(
        "a",
        { class: "button plain", href: url, target: "_blank", rel: "noopener", onclick: keep, onauxclick: keep, "aria-label": `Open the call as ${person.name}` },
        "Open",
      ),
    ),
    said,
    make("p", { class: "hint", id: `${id}-calendar` }, IN_THE_FILE),
  );
}

const button = (words, person, attributes) =>
  make("button", { type: "button", class: "button", "aria-label": `${words} for ${person.name}`, ...attributes }, words);

/** Hand the calendar file over to the browser; true if it could be fetched. */
async function saveCalendar(call, person, said) {
  try {
    const address = URL.createObjectURL(await fetchCalendar(call.id, tokenOf(person.invitation_url)));
    make("a", { href: address, download: `${person.name}.ics` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
    setText(said, "The calendar file is saved.");
    return true;
  } catch (error) {
    setText(said, `The calendar file could not be fetched. ${error.message}`);
    return false;
  }
}
