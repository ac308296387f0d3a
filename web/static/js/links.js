// The links of a call that was just set up: copy, calendar file, and cancelling. Links and the manage token live in
// this page's memory alone.

import { cancelCall, fetchCalendar } from "./api.js";
import { byId, make, say, setText } from "./dom.js";

const tokenOf = (link) => link.split("/i/").at(-1);

/** Show the answer of POST /api/v1/calls in the form's place. */
export function showLinks(call) {
  byId("setting-up").hidden = true;
  byId("links-shown").hidden = false;
  setText(byId("links-heading"), "The call is set up");
  setText(byId("links-lead"), `${call.title} · ${when(call)} · ${call.duration_minutes} minutes`);
  setText(byId("links-said"), "");
  byId("links").replaceChildren(...call.participants.map((person) => row(call, person)));
  byId("links").hidden = false;
  offerCancelling(call);
  byId("links-heading").focus();
}

function when(call) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
  return format.format(new Date(call.starts_at));
}

function row(call, person) {
  const id = `link-${person.id}`;
  const link = make("input", { id, readonly: true, value: person.invitation_url, class: "link", onfocus: ({ target }) => target.select() });
  const role = person.role === "therapist" ? "therapist" : "partner";
  return make(
    "li",
    {},
    make("label", { for: id }, make("b", {}, person.name), ` (${role}): this link is theirs alone`),
    link,
    make(
      "div",
      { class: "group" },
      make("button", { type: "button", class: "button", "aria-label": `Copy the link of ${person.name}`, onclick: () => copy(link, person) }, "Copy link"),
      make("button", { type: "button", class: "button plain", "aria-label": `Calendar file for ${person.name}`, onclick: () => calendar(call, person) }, "Calendar file (.ics)"),
      make("a", { class: "button plain", href: person.invitation_url, target: "_blank", rel: "noopener", "aria-label": `Open the call as ${person.name}` }, "Open"),
    ),
  );
}

async function copy(input, person) {
  try {
    await navigator.clipboard.writeText(input.value);
    said(`The link of ${person.name} is copied.`);
  } catch {
    input.focus(); // selects it, so that Ctrl+C or a long press copies
    said(`Copying was not allowed here. The link of ${person.name} is selected: copy it yourself.`);
  }
}

async function calendar(call, person) {
  try {
    const address = URL.createObjectURL(await fetchCalendar(call.id, tokenOf(person.invitation_url)));
    make("a", { href: address, download: `${person.name}.ics` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
    said(`The calendar file for ${person.name} is saved.`);
  } catch (error) {
    said(`The calendar file could not be fetched. ${error.message}`);
  }
}

function offerCancelling(call) {
  const ask = (asking) => {
    byId("cancel").hidden = asking;
    byId("cancel-sure").hidden = !asking;
    byId(asking ? "cancel-no" : "cancel").focus();
  };
  byId("cancelling").hidden = false;
  byId("cancel").hidden = false;
  byId("cancel-sure").hidden = true;
  byId("cancel").onclick = () => ask(true);
  byId("cancel-no").onclick = () => ask(false);
  byId("cancel-yes").onclick = () => cancel(call);
}

async function cancel(call) {
  try {
    await cancelCall(call.id, call.manage_token);
  } catch (error) {
    said(`The call is not cancelled. ${error.message}`);
    return;
  }
  setText(byId("links-heading"), "The call is cancelled");
  byId("links").hidden = true;
  byId("cancelling").hidden = true;
  said("The links no longer open it.");
  byId("links-heading").focus();
}

function said(words) {
  say(byId("links-said"), words);
}
