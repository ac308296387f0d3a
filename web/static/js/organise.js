// What is left to whoever organises, once a call is set up: their own link to it, the manage token, and cancelling it at once.

import { askNoMore } from "./another.js";
import { cancelCall, fetchCall } from "./api.js";
import { copy } from "./copy.js";
import { byId, make, say, setText } from "./dom.js";
import { forgetLinks, keepManageLink, showLinks } from "./links.js";
import { momentWords } from "./local-time.js";
import { Question } from "./question.js";

const FOR_GOOD = "The links stop working, and this can't be undone.";
const ASK = {
  occupied: `Somebody is in this call now. Cancelling ends it for everyone at once. ${FOR_GOOD}`,
  empty: `Cancel it for everyone? ${FOR_GOOD}`,
  unknown: `Cancel it for everyone? If somebody is in it now, it ends for them at once. ${FOR_GOOD}`,
};
const DONE = {
  occupied: "It has ended for everyone who was in it. The links no longer open it.",
  empty: "The links no longer open it.",
  unknown: "If somebody was in it, it has ended for them. The links no longer open it.",
};
const ASKED = "Both are asked first: the door opens once both have said yes.";

const question = new Question("cancel", cancel);
let call = null;
let inside = "unknown"; // a key of ASK and DONE

/** Show the answer of POST /api/v1/calls in the form's place; `wish` is what was posted. */
export function showCall(made, wish) {
  call = made;
  byId("setting-up").hidden = true;
  byId("links-shown").hidden = false;
  title(isSeries() ? "The calls are set up" : "The call is set up");
  setText(byId("cancel"), isSeries() ? "Cancel all of these calls" : "Cancel this call");
  say(byId("links-said"), "");
  say(byId("asked-words"), call.on_the_spot ? "" : ASKED);
  showLinks(call, wish);
  showDates(call.series?.calls ?? []);
  showOwnLink();
  byId("organising").hidden = false;
  question.reset();
}

const isSeries = () => Boolean(call.series);

function title(words) {
  setText(byId("links-heading"), words);
  document.title = `${words} · Holdspace`;
  byId("links-heading").focus();
}

function showDates(calls) {
  byId("dates").hidden = !calls.length;
  setText(byId("dates-heading"), `All ${calls.length} dates`);
  byId("dates-list").replaceChildren(...calls.map(({ starts_at }) => make("li", {}, momentWords(new Date(starts_at)))));
}

function showOwnLink() {
  const address = `${location.origin}/api/v1/calls/${call.id}`;
  byId("organise").open = false;
  byId("manage-url").value = call.manage_url;
  byId("manage-open").href = call.manage_url;
  byId("manage-token").value = call.manage_token;
  byId("manage-command").value = `curl -X DELETE ${address} -H 'Authorization: Bearer ${call.manage_token}'`;
  setText(byId("organise-said"), "");
}

async function ask() {
  try {
    const { occupied } = await fetchCall(call.id, call.manage_token);
    inside = occupied ? "occupied" : "empty";
  } catch {
    inside = "unknown"; // the question is asked all the same
  }
  question.ask(ASK[inside]);
}

async function cancel() {
  try {
    await cancelCall(call.id, call.manage_token, isSeries() ? "series" : "this");
  } catch (error) {
    say(byId("links-said"), `The call is not cancelled. ${error.message}`);
    return;
  }
  forgetLinks();
  askNoMore();
  byId("organising").hidden = true;
  byId("dates").hidden = true;
  say(byId("asked-words"), "");
  say(byId("links-said"), DONE[inside]);
  title(isSeries() ? "The calls are cancelled" : "The call is cancelled");
}

byId("cancel").addEventListener("click", ask);
byId("manage-open").addEventListener("click", keepManageLink);
for (const what of ["url", "token", "command"]) {
  const field = byId(`manage-${what}`);
  field.addEventListener("focus", () => field.select());
  byId(`copy-${what}`).addEventListener("click", async () => {
    if ((await copy(field, byId("organise-said"))) && what !== "command") keepManageLink();
  });
}
