// Other times that people propose for a call: whoever is asked says yes or no, whoever proposed can take it back.

import { make } from "./dom.js";
import { elsewhereWords, momentWords } from "./local-time.js";

/** Fill a list with what is open, and what became of my own last one. Returns how many there are. */
export function showProposals(list, call, { onAnswer, onWithdraw }) {
  const mine = call.proposals.filter(({ by, state }) => by === call.you && state !== "withdrawn").at(-1);
  const shown = call.proposals.filter((one) => one.state === "open" || (one === mine && one.state === "declined"));
  list.replaceChildren(...shown.map((one) => row(call, one, { onAnswer, onWithdraw })));
  return shown.length;
}

function row(call, proposal, { onAnswer, onWithdraw }) {
  const nameOf = (id) => call.participants.find((one) => one.id === id)?.name ?? "Somebody";
  const at = new Date(proposal.starts_at);
  const time = momentWords(at);
  const there = elsewhereWords(at, proposal.timezone);
  const own = proposal.by === call.you;
  const me = call.participants.find(({ id }) => id === call.you);
  const words = make("p", {}, own ? "You proposed " : `${nameOf(proposal.by)} proposes `, make("b", {}, time), there ? ` (${there}).` : ".");
  if (proposal.state === "declined") return make("li", {}, words, make("p", {}, "That time does not suit everyone. The call stays as it is."));
  if (own) {
    const asked = call.participants.filter((one) => one.role === "partner" && one.id !== call.you && !proposal.agreed.includes(one.id));
    const waiting = asked.length ? `It waits for ${asked.map(({ name }) => name).join(" and ")}. ` : "";
    return make("li", {}, words, make("p", {}, `${waiting}Until then the call stays as it is.`),
      group(button("Take it back", `the proposal of ${time}`, () => onWithdraw(proposal))));
  }
  if (me?.role !== "partner") return make("li", {}, words);
  if (proposal.agreed.includes(call.you)) return make("li", {}, words, make("p", {}, "You said yes to it."));
  return make("li", {}, words, group(
    button("Yes, that suits me", time, () => onAnswer(proposal, "accepted")),
    button("No, not then", time, () => onAnswer(proposal, "declined")),
  ));
}

const group = (...buttons) => make("div", { class: "group" }, ...buttons);
// Both of the same look: a no is as good an answer.
const button = (words, about, onclick) => make("button", { type: "button", class: "button", onclick, "aria-label": `${words}: ${about}` }, words);
