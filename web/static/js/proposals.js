// Open questions that need both partners' yes, and what became of them.

import { byId, keyed, make, setText } from "./dom.js";
import { LEVEL_WORDS, lengthWords, list } from "./words.js";

/** What is proposed, in one sentence. */
export function proposalWords(state, proposal) {
  const mine = proposal.by === state.me.id;
  const who = mine ? "You" : state.name(proposal.by);
  const verb = mine ? "propose" : "proposes";
  switch (proposal.kind) {
    case "extend":
      return `${who} ${mine ? "ask" : "asks"} for ${lengthWords(proposal.seconds)} more in this turn.`;
    case "format":
      return `${who} ${verb} to go on with ${formatWords(state, proposal)}.`;
    case "room":
      return `${who} ${verb} less distance for everyone: from now on at least “${LEVEL_WORDS[proposal.level].name.toLowerCase()}”.`;
    case "end":
      return `${who} ${verb} to end the call for everyone.`;
    default:
      return `${who} ${mine ? "ask" : "asks"} for a yes.`;
  }
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

const OUTCOMES = {
  accepted: "Both said yes.",
  declined: "One of you said no, so nothing has changed. A no needs no reason.",
  expired: "No answer came, so nothing has changed.",
};

/** A sentence for the notices proposal.accepted, .declined and .expired; empty for others. */
export function outcomeWords({ code }) {
  const [topic, outcome] = code.split(".");
  return topic === "proposal" ? (OUTCOMES[outcome] ?? "") : "";
}

export class Proposals {
  constructor(state, act) {
    this.state = state;
    this.act = act;
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
    setText(card.querySelector(".question"), proposalWords(this.state, proposal));
    setText(card.querySelector(".hint"), waitingFor(this.state, proposal));
    const show = { yes: asked && !answered, no: asked && !answered, back: asked && answered };
    for (const button of card.querySelectorAll("button")) button.hidden = !show[button.dataset.name];
  }
}
