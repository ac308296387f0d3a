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
  sayBelow("");
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
  const url = person.invitation_url;
  const label = (verb) => ({ "aria-label": `${verb} ${person.name}` });
  const fetchFile = () => calendar(call, person, said);
  const link = make("input", { id, readonly: true, value: url, class: "link", onfocus: ({ target }) => target.select() });
  const said = make("p", { class: "said", role: "status" });
  return make(
    "li",
    {},
    make("label", { for: id }, "For ", make("b", {}, person.name), person.role === "therapist" ? ", the therapist, alone" : " alone"),
    link,
    make(
      "div",
      { class: "group" },
      make("button", { type: "button", class: "button", onclick: () => copy(link, said), ...label("Copy link for") }, "Copy link"),
      make("button", { type: "button", class: "button plain", onclick: fetchFile, ...label("Calendar file (.ics) for") }, "Calendar file (.ics)"),
      make("a", { class: "button plain", href: url, target: "_blank", rel: "noopener", ...label("Open the call as") }, "Open"),
    ),
    said,
  );
}

async function copy(input, said) {
  try {
    await navigator.clipboard.writeText(input.value);
    setText(said, "Copied.");
  } catch {
    input.focus(); // selects it, so that Ctrl+C or a long press copies
    setText(said, "Copying was not allowed here. The link is selected: please copy it yourself.");
  }
}

async function calendar(call, person, said) {
  try {
    const address = URL.createObjectURL(await fetchCalendar(call.id, tokenOf(person.invitation_url)));
    make("a", { href: address, download: `${person.name}.ics` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
    setText(said, "The calendar file is saved.");
  } catch (error) {
    setText(said, `The calendar file could not be fetched. ${error.message}`);
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
    sayBelow(`The call is not cancelled. ${error.message}`);
    return;
  }
  setText(byId("links-heading"), "The call is cancelled");
  byId("links").hidden = true;
  byId("cancelling").hidden = true;
  sayBelow("The links no longer open it.");
  byId("links-heading").focus();
}

function sayBelow(words) {
  say(byId("links-said"), words);
}
