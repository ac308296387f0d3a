// Open questions that need both partners' yes, and what became of them.

import { byId, keyed, make, setText } from "./dom.js";
import { LEVEL_WORDS, lengthWords, list, moreWords } from "./words.js";

/** What is proposed, in one sentence; `timeOf` reads the server's time as a time of day. */
export function proposalWords(state, proposal, timeOf = () => "another time") {
  const mine = proposal.by === state.me.id;
  const who = mine ? "You" : state.name(proposal.by);
  const verb = mine ? "propose" : "proposes";
  switch (proposal.kind) {
    case "extend":
      return `${who} ${extendWords(state, proposal, mine)}`;
    case "format":
      return `${who} ${verb} to go on with ${formatWords(state, proposal)}.`;
    case "room":
      return `${who} ${verb} less distance for everyone: from now on at least “${LEVEL_WORDS[proposal.level].name.toLowerCase()}”.`;
    case "return":
      return `${who} ${mine ? "ask" : "asks"} whether you both can come back sooner, at ${timeOf(proposal.returns_at)}.`;
    case "end":
      return `${who} ${verb} to end the call for everyone.`;
    default:
      return `${who} ${mine ? "ask" : "asks"} for a yes.`;
  }
}

// The holder asks for their own turn; the chair proposes it for somebody.
function extendWords(state, { by, seconds }, mine) {
  const holder = state.floor?.holder ?? by;
  if (holder === by) return `${mine ? "ask" : "asks"} for ${moreWords(seconds)} in this turn.`;
  const whom = holder === state.me.id ? "you" : state.name(holder);
  return `${mine ? "propose" : "proposes"} ${moreWords(seconds)} for ${whom}.`;
}

function formatWords(state, { format, turn_seconds: seconds }) {
  const name = state.formatName(format).toLowerCase();
  return seconds ? `${name}, ${lengthWords(seconds)} each turn` : name;
}

/** Whose yes is still missing. */
function waitingFor(state, proposal) {
  const missing = proposal.needs.filter((id) => !(id in proposal.answers));
  if (!missing.length) return "";
  return `Waiting for ${list(missing.map((id) => (id === state.me.id ? "you" : state.name(id))))}.`;
}

const UNCHANGED = {
  declined: "One of you said no, so nothing has changed. A no needs no reason.",
  expired: "The question closed without an answer, so nothing has changed.",
};

/** A sentence for the notices proposal.accepted, .declined and .expired; empty for others. */
export function outcomeWords(state, notice) {
  const [topic, outcome] = notice.code.split(".");
  if (topic !== "proposal") return "";
  return outcome === "accepted" ? `Both said yes${agreedWords(state, notice)}.` : (UNCHANGED[outcome] ?? "");
}

function agreedWords(state, { kind, format, turn_seconds: turnSeconds, seconds, level }) {
  switch (kind) {
    case "extend":
      return `: ${moreWords(seconds)}`;
    case "format":
      return `: ${state.formatName(format).toLowerCase()} from now on${format === "open-talk" ? "" : `, ${lengthWords(turnSeconds)} each turn`}`;
    case "room":
      return `: less distance for everyone: ${LEVEL_WORDS[level].name.toLowerCase()}`;
    case "end":
      return ": the call ends";
    default:
      return "";
  }
}

export class Proposals {
  constructor(state, act, timeOf) {
    Object.assign(this, { state, act, timeOf });
  }

  render() {
    keyed(byId("proposals"), this.state.proposals, (p) => p.id, (p) => this.#build(p), (card, p) => this.#update(card, p));
  }

  #build(proposal) {
    const answer = (yes) => () => this.act("consent", { proposal: proposal.id, answer: yes });
    const button = (name, label, yes, look) =>
      make("button", { type: "button", class: `button ${look}`, "data-name": name, onclick: answer(yes) }, label);
    return make(
      "div",
      { class: "proposal", role: "group", "aria-label": "A question" },
      make("p", { class: "question" }),
      make("p", { class: "hint" }),
      make(
        "div",
        { class: "group" },
        button("yes", "Yes", true, "main"),
        button("no", "No", false, ""),
        button("back", "Take it back", false, "plain"),
      ),
    );
  }

  #update(card, proposal) {
    const me = this.state.me.id;
    const asked = proposal.needs.includes(me);
    const answered = me in proposal.answers;
    setText(card.querySelector(".question"), proposalWords(this.state, proposal, this.timeOf));
    setText(card.querySelector(".hint"), waitingFor(this.state, proposal));
    const show = { yes: asked && !answered, no: asked && !answered, back: asked && answered };
    for (const button of card.querySelectorAll("button")) button.hidden = !show[button.dataset.name];
  }
}
