// The page of somebody who is invited, until the door opens: when and with whom, their answer, other times. Then it makes room for
// the call by itself.

import { AnotherTime } from "./another-time.js";
import { CallApi } from "./call-api.js";
import { showDates, showDoor, showWhen } from "./call-when.js";
import { byId, say, setText } from "./dom.js";
import { headingWords, NOTED, standingWords } from "./invitation-words.js";
import { foldWhatIsKept, offerWhatIsKept } from "./kept-about-me.js";
import { ZONE } from "./local-time.js";
import { showProposals } from "./other-times.js";
import { showPeople } from "./people-answers.js";
import { repeatedly } from "./repeatedly.js";

const page = byId("invitation");
const api = new CallApi(page.dataset.call, new URLSearchParams(location.search).get("as"));
const anotherTime = new AnotherTime(propose);
const ANSWERS = ["accepted", "declined"];
const OVER = new Set(["ended", "cancelled"]);

/** Show the call as the API tells it. */
function show(call) {
  const me = call.participants.find(({ id }) => id === call.you);
  showWhen(call);
  showDoor(call);
  setText(byId("invitation-heading"), headingWords(call));
  setText(byId("standing"), standingWords(call));
  showPeople(byId("people"), call);
  for (const answer of ANSWERS) byId(answer).setAttribute("aria-pressed", String(me.rsvp === answer));
  showScope(call);
  showDates(call, (id) => `/calls/${id}`);
  const others = call.participants.filter((one) => one.role === "partner" && one !== me).map(({ name }) => name);
  const alone = call.series ? " It is for this one date alone." : "";
  anotherTime.explain(`${others.join(" and ")} will be asked. Until everyone has agreed, the call stays as it is.${alone}`);
  byId("proposals").hidden = !showProposals(byId("proposal-list"), call, {
    onAnswer: ({ id }, answer) => press(() => api.answerProposal(id, answer), answer === "accepted" ? "Your yes is noted." : "Noted. The call stays as it is."),
    onWithdraw: ({ id }) => press(() => api.withdraw(id), "You have taken it back."),
  });
  byId("answering").hidden = false;
}

function showScope(call) {
  const calls = call.series?.calls ?? [];
  const first = calls.find(({ id }) => id === call.id)?.occurrence_at;
  const later = calls.filter(({ occurrence_at, status }) => !OVER.has(status) && new Date(occurrence_at) > new Date(first)).length;
  byId("scope-field").hidden = !later;
  setText(byId("scope-all"), later === 1 ? "This one and the later one" : `This one and the ${later} later ones`);
}

const scope = () => document.querySelector('input[name="scope"]:checked').value;

/** Do what a button says and show what became of it; the words stand where the keyboard then is. */
async function press(act, words) {
  try {
    show(await act());
    foldWhatIsKept();
    tell(words);
  } catch (error) {
    tell(`This was not noted. ${error.message}`);
  }
}

function tell(words) {
  say(byId("answer-said"), words);
  byId("answer-said").focus();
}

async function propose(starts_at, zone) {
  show(await api.propose(starts_at, zone));
  tell("Your proposal is on its way.");
}

/** The door has opened, or there is nothing more to wait for: another page takes this one's place, unless somebody is writing. */
async function look() {
  const call = await api.read();
  const open = call.agreed && (call.status === "open" || call.status === "live");
  if (!open && !OVER.has(call.status)) return show(call);
  if (!anotherTime.isOpen) return location.reload();
  byId("door-open").hidden = !open;
}

for (const answer of ANSWERS) byId(answer).addEventListener("click", () => press(() => api.answer(answer, scope(), ZONE), NOTED[answer]));
byId("calendar").href = api.address("/calendar.ics");
offerWhatIsKept(api, page);
try {
  show(await api.read());
} catch (error) {
  setText(byId("standing"), `${error.message} The page looks again by itself.`);
}
repeatedly(look);
