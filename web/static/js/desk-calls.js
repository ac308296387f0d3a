// The calls of a desk, coming or past, a page at a time: with whom, when, and how the answers stand.

import { fetchCalls } from "./desk-api.js";
import { byId, make, say, setText } from "./dom.js";
import { momentWords } from "./local-time.js";
import { nameOf, nameWithin } from "./people-answers.js";

const RSVP = { accepted: "yes", declined: "not now", tentative: "perhaps", "needs-action": "no answer yet" };
const STATUS = { live: "goes on now", open: "the door is open", cancelled: "cancelled", ended: "over" };
const EMPTY = { coming: "No call is to come.", past: "No call has taken place yet." };

/** Show the list of one kind in #coming or #past. */
export async function showCalls(when) {
  byId(`${when}-list`).replaceChildren();
  await more(when);
}

async function more(when, after) {
  const button = byId(`${when}-more`);
  try {
    const { calls, next } = await fetchCalls(when, after);
    const list = byId(`${when}-list`);
    const rows = calls.map(row);
    list.append(...rows);
    if (after) rows[0]?.querySelector("a").focus();
    say(byId(`${when}-none`), list.children.length ? "" : EMPTY[when]);
    button.hidden = !next;
    button.onclick = () => more(when, next);
  } catch (error) {
    say(byId(`${when}-none`), `The list could not be fetched. ${error.message}`);
  }
}

function row(call) {
  const partners = call.participants.filter(({ role }) => role === "partner");
  const names = partners.map((one, place) => (place ? nameWithin(one) : nameOf(one))).join(" and ");
  const link = make("a", { href: `/calls/${call.id}/manage?desk` }, names);
  const when = make("span", {}, `${momentWords(new Date(call.starts_at))}, ${call.duration_minutes} minutes${call.series ? ", one of a series" : ""}`);
  return make("li", { class: "card", "data-state": state(call) }, make("b", {}, link), when, make("span", { class: "state" }, stateWords(call, partners)));
}

function state(call) {
  if (STATUS[call.status] && call.status !== "open") return call.status;
  if (call.agreed) return "agreed";
  return call.participants.some(({ role, rsvp }) => role === "partner" && rsvp === "declined") ? "declined" : "waiting";
}

function stateWords(call, partners) {
  const where = STATUS[call.status] ? [STATUS[call.status]] : [];
  const over = call.status === "cancelled" || call.status === "ended";
  const answers = over || call.on_the_spot ? [] : partners.map(({ name, rsvp }) => `${name}: ${RSVP[rsvp]}`);
  const open = call.proposals.some((one) => one.state === "open") && !over ? ["another time is proposed"] : [];
  const words = [...where, ...answers, ...open].join(" · ");
  return words || (call.on_the_spot && !over ? "nobody is asked first" : "");
}

/** Open one of the two lists. */
export function chooseList(when) {
  for (const one of ["coming", "past"]) {
    byId(one).hidden = one !== when;
    byId(`show-${one}`).setAttribute("aria-pressed", String(one === when));
  }
  setText(byId("calls-heading"), when === "coming" ? "Coming calls" : "Past calls");
}
