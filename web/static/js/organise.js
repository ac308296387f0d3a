// What is left to whoever organises, once a call is set up: cancelling it, and the manage token for later.

import { askNoMore } from "./another.js";
import { cancelCall, fetchCall } from "./api.js";
import { copy } from "./copy.js";
import { byId, say, setText } from "./dom.js";
import { forgetLinks, showLinks } from "./links.js";
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

const question = new Question("cancel", cancel);
let call = null;
let inside = "unknown"; // a key of ASK and DONE

/** Show the answer of POST /api/v1/calls in the form's place. */
export function showCall(made) {
  call = made;
  byId("setting-up").hidden = true;
  byId("links-shown").hidden = false;
  title("The call is set up");
  say(byId("links-said"), "");
  showLinks(call);
  showToken();
  byId("organising").hidden = false;
  question.reset();
}

function title(words) {
  setText(byId("links-heading"), words);
  document.title = `${words} · Holdspace`;
  byId("links-heading").focus();
}

function showToken() {
  const address = `${location.origin}/api/v1/calls/${call.id}`;
  byId("organise").open = false;
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
    await cancelCall(call.id, call.manage_token);
  } catch (error) {
    say(byId("links-said"), `The call is not cancelled. ${error.message}`);
    return;
  }
  forgetLinks();
  askNoMore();
  byId("organising").hidden = true;
  say(byId("links-said"), DONE[inside]);
  title("The call is cancelled");
}

byId("cancel").addEventListener("click", ask);
for (const what of ["token", "command"]) {
  const field = byId(`manage-${what}`);
  field.addEventListener("focus", () => field.select());
  byId(`copy-${what}`).addEventListener("click", () => copy(field, byId("organise-said")));
}
