// The page of whoever organises a call: who has answered, how the letters fared, and changing or cancelling it.

import { CallApi, ORGANIZER } from "./call-api.js";
import { showDates, showWhen } from "./call-when.js";
import { byId, say, setText } from "./dom.js";
import { letterOf } from "./letters.js";
import { offerMove } from "./manage-move.js";
import { moveWords, peopleWords, standingWords } from "./manage-words.js";
import { showProposals } from "./other-times.js";
import { showPeople } from "./people-answers.js";
import { Question } from "./question.js";
import { repeatedly } from "./repeatedly.js";

const api = new CallApi(location.pathname.split("/").at(-2), ORGANIZER);
const OVER = new Set(["ended", "cancelled"]);
const toOutbox = "outbox" in byId("manage").dataset;
const cancelling = new Question("cancel", () => press(() => api.cancel("this"), call.series ? "This date is left out." : "The call is cancelled."));
const ending = new Question("end-series", () => press(() => api.cancel("series"), "The series has ended. What took place before stays as it is."));
const move = offerMove(async (values) => {
  show(await api.change(values));
  tell(moved());
});
let call = null;

const moved = () => (call.on_the_spot ? "The call is changed." : "The call is changed, and both partners are asked again.");

function show(told) {
  call = told;
  const over = OVER.has(call.status);
  byId("known").hidden = false;
  setText(byId("trouble"), "");
  setText(byId("manage-heading"), `A call of ${peopleWords(call)}`);
  setText(byId("title"), call.title);
  showWhen(call);
  setText(byId("length-words"), `${call.duration_minutes} minutes.`);
  setText(byId("standing"), standingWords(call));
  showPeople(byId("people"), call, (person) => letterOf(person, { canSend: !over, onSend: sendAgain, toOutbox }));
  byId("proposals").hidden = !showProposals(byId("proposal-list"), call, {});
  byId("changing").hidden = over;
  byId("moving").hidden = call.status === "live";
  setText(byId("cancel"), call.series ? "Leave out this date" : "Cancel this call");
  setText(byId("cancel-yes"), call.series ? "Yes, leave it out" : "Yes, cancel it");
  byId("ending").hidden = !call.series;
  setText(byId("move-words"), moveWords(call));
  move.follow(call);
  showDates(call, (id) => `/calls/${id}/manage`);
}

async function press(act, words) {
  try {
    const told = await act();
    show(told ?? (await api.read()));
    tell(words);
  } catch (error) {
    tell(`Nothing was changed. ${error.message}`);
  }
  cancelling.reset();
  ending.reset();
}

function tell(words) {
  say(byId("said"), words);
  byId("said").focus();
}

const sendAgain = (person) => press(() => api.sendAgain(person.id), `The letter to ${person.name} goes out once more.`);

function askToCancel() {
  const told = "Whoever has an address here is told by mail.";
  const inside = call.occupied ? " Somebody is in it now; it ends for them at once." : "";
  cancelling.ask(call.series ? `Leave out this date alone? ${told}${inside}` : `Cancel it for everyone? ${told}${inside} This can't be undone.`);
}

byId("cancel").addEventListener("click", askToCancel);
byId("end-series").addEventListener("click", () => ending.ask("End the series from this date on? This one and all later ones are cancelled, earlier ones stay. This can't be undone."));
byId("calendar").href = api.address("/calendar.ics");
byId("to-desk").hidden = !new URLSearchParams(location.search).has("desk");
try {
  show(await api.read());
} catch (error) {
  setText(byId("trouble"), error.status === 401 ? "Please open your own link to this call once more, or sign in to your desk." : error.message);
}
repeatedly(async () => {
  if (!document.querySelector(".sure:not([hidden])")) show(await api.read());
});
