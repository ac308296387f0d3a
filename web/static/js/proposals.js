// Open questions that need both partners' yes, and what became of them.

import { byId, keyed, make, say, setText } from "./dom.js";
import { detailWords, nameInSentence, stepsWords } from "./format-words.js";
import { LEVEL_WORDS, list, moreWords } from "./words.js";

/** What is proposed, in one sentence; `timeOf` reads the server's time as a time of day. */
export function proposalWords(state, proposal, timeOf = () => "another time") {
  const mine = proposal.by === state.me.id;
  const who = mine ? "You" : state.name(proposal.by);
  const verb = mine ? "propose" : "proposes";
  switch (proposal.kind) {
    case "extend":
      return `${who} ${extendWords(state, proposal, mine)}`;
    case "format":
      if (proposal.format === "closing") return `${who} ${verb} a closing word each. Then the call ends, with nothing after.`;
      return `${who} ${verb} to go on with ${formatWords(state, proposal)}.`;
    case "admit":
      return admitWords(state, proposal, mine);
    case "room":
      return `${who} ${verb} less distance for everyone: from now on at least “${LEVEL_WORDS[proposal.level].name.toLowerCase()}”.`;
    case "return":
      return `${who} ${mine ? "ask" : "asks"} whether you both can come back sooner, ${timeOf(proposal.returns_at)}.`;
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

function formatWords(state, proposal) {
  return [nameInSentence(state, proposal.format), detailWords(state, proposal)].filter(Boolean).join(": ");
}

// Whoever came is said to be there, whoever opened the question.
function admitWords(state, { participant }, mine) {
  if (participant === state.me.id) return "You ask whether you may take part.";
  return mine ? `You ask whether ${state.name(participant)} may take part.` : `${state.name(participant)} is here. Shall they take part?`;
}

/** What a proposed way to talk is like, in its own sentence and steps; empty for other questions. */
function aboutWords(state, { kind, format }) {
  if (kind !== "format") return "";
  const known = state.formats.find((f) => f.id === format);
  // The question itself says how closing words end.
  return [known?.sentence, format !== "closing" && stepsWords(known)].filter(Boolean).join(" ");
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

function agreedWords(state, notice) {
  const { kind, format, seconds, level, participant } = notice;
  switch (kind) {
    case "extend":
      return `: ${moreWords(seconds)}`;
    case "format":
      return formatAgreedWords(state, format, notice);
    case "admit":
      return `: ${participant === state.me.id ? "you take" : `${state.name(participant)} takes`} part`;
    case "room":
      return `: less distance for everyone: ${LEVEL_WORDS[level].name.toLowerCase()}`;
    case "end":
      return ": the call ends";
    default:
      return "";
  }
}

function formatAgreedWords(state, format, notice) {
  if (format === "closing") return ": a closing word each, then the call ends";
  const details = format === "open-talk" ? "" : detailWords(state, notice);
  return `: ${nameInSentence(state, format)} from now on${details && `, ${details}`}`;
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
      make("p", { class: "hint about" }),
      make("p", { class: "hint missing" }),
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
    say(card.querySelector(".about"), aboutWords(this.state, proposal));
    setText(card.querySelector(".missing"), waitingFor(this.state, proposal));
    const show = { yes: asked && !answered, no: asked && !answered, back: asked && answered };
    for (const button of card.querySelectorAll("button")) button.hidden = !show[button.dataset.name];
  }
}
