// What is kept about the one who reads: all of it in words, as a file, and erasing it.

import { byId, make, setText } from "./dom.js";
import { momentWords } from "./local-time.js";
import { Question } from "./question.js";

const ASK = "Erase who you are: your name, your address and your link, in every date of a series? A call that is still to come is called off by that, unless you are its therapist: the others read so. Your link stops working, and this can't be undone.";
// What would not be plain from its name in the file.
const NAMES = {
  made_at: "as of", email: "e-mail address", starts_at: "begins", timezone: "time zone", duration_minutes: "length in minutes",
  created_at: "since", settled_at: "settled on",
};
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** `api` is the call's; `page` makes room for a last word once nothing is kept any more. */
export function offerWhatIsKept(api, page) {
  const question = new Question("erase", () => erase(api, page, question));
  byId("erase").addEventListener("click", () => question.ask(ASK));
  byId("kept-show").addEventListener("click", () => withData(api, show));
  byId("kept-save").addEventListener("click", () => withData(api, save));
}

/** Hide what was shown: it is not true any more. */
export function foldWhatIsKept() {
  byId("kept-list").hidden = true;
}

async function withData(api, use) {
  setText(byId("kept-said"), "");
  try {
    use(await api.keptAboutMe());
  } catch (error) {
    setText(byId("kept-said"), `It could not be fetched. ${error.message}`);
  }
}

function show(data) {
  const list = byId("kept-list");
  list.replaceChildren(...entries(data).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  list.hidden = false;
  list.focus();
}

/** Every value with the way to it in words, "call 1, your answer"; what is empty is left out, as are ids. */
function entries(value, way = []) {
  if (value === null || value === "" || way.at(-1) === "id") return [];
  if (typeof value !== "object") return [[way.join(", "), words(value)]];
  if (Array.isArray(value)) return value.flatMap((one, index) => entries(one, [...way.slice(0, -1), `${way.at(-1).replace(/s$/, "")} ${index + 1}`]));
  return Object.entries(value).flatMap(([key, one]) => entries(one, [...way, NAMES[key] ?? key.replaceAll("_", " ")]));
}

function words(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === "needs-action") return "no answer yet";
  return MOMENT.test(value) ? momentWords(new Date(value)) : String(value);
}

function save(data) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
  make("a", { href: address, download: "kept-about-me.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
  setText(byId("kept-said"), "The file is saved.");
}

async function erase(api, page, question) {
  try {
    await api.erase();
  } catch (error) {
    question.close();
    setText(byId("kept-said"), `Nothing was erased. ${error.message}`);
    return;
  }
  const heading = make("h1", { tabindex: "-1", id: page.getAttribute("aria-labelledby") }, "It is erased");
  page.replaceChildren(heading, make("p", {}, "Who you are is no longer kept here, and your link no longer opens anything. You can close this page."));
  heading.focus();
}
