// A format in fast motion. The server has played it; this shows what held at each second of that call.

import { byId, say, setText } from "./dom.js";

const { length_s: length, ends_call: endsCall, people, moments } = JSON.parse(byId("format-data").textContent);
// Whoever wants little motion sees it step by step: nothing moves between two steps.
const still = matchMedia("(prefers-reduced-motion: reduce)");

let position = 0; // seconds of the call
let last = null; // the moment of the last frame, in ms; null while it stands

const indexAt = (seconds) => Math.max(0, moments.findLastIndex((moment) => moment.at_s <= seconds));

/** `4:05`, and `1:15:00` from an hour on. */
function clockWords(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function show() {
  const moment = moments[indexAt(position)];
  const shown = last !== null && still.matches && position < length ? moment.at_s : position;
  setText(byId("clock"), `${clockWords(shown)} of ${clockWords(length)}`);
  byId("position").value = Math.round(shown);
  byId("position").setAttribute("aria-valuetext", `${clockWords(shown)}, ${moment.title}: ${moment.words}`);
  showMoment(moment);
  const goesOn = position >= length && !endsCall ? " It goes on from here, until you agree on something else." : "";
  setText(byId("now-words"), moment.words + goesOn);
  byId("back").disabled = position <= 0;
  byId("next").disabled = position >= length;
  setText(byId("play"), last !== null ? "Pause" : position >= length ? "Play again" : "Play");
}

function showMoment({ title, heard, speaker, listener, to_speaker: toSpeaker, to_listener: toListener }) {
  setText(byId("now-title"), title);
  say(byId("now-speaker"), toSpeaker && `For ${speaker ? people[speaker] : "both"}: ${toSpeaker}`);
  say(byId("now-listener"), toListener && `For ${people[listener]}: ${toListener}`);
  for (const card of document.querySelectorAll("[data-person]")) {
    const is = heard.includes(card.dataset.person);
    card.dataset.heard = is ? "yes" : "no";
    setText(card.querySelector(".state"), is ? "is heard" : "is not heard");
  }
}

function frame(now) {
  if (last === null) return;
  position = Math.min(length, position + ((now - last) / 1000) * Number(byId("speed").value));
  last = now;
  if (position >= length) stop();
  else requestAnimationFrame(frame);
  show();
}

function play() {
  if (position >= length) position = 0;
  last = performance.now();
  // While it plays, nobody could listen as fast as it changes.
  byId("now").setAttribute("aria-live", "off");
  requestAnimationFrame(frame);
  show();
}

function stop() {
  last = null;
  byId("now").setAttribute("aria-live", "polite");
}

function moveTo(seconds) {
  stop();
  position = Math.min(length, Math.max(0, seconds));
  show();
}

/** A step before is the beginning of this one, unless that is where it stands. */
function stepBack() {
  const here = indexAt(position);
  moveTo(position > moments[here].at_s + 1 ? moments[here].at_s : (moments[here - 1]?.at_s ?? 0));
}

byId("play").addEventListener("click", () => (last === null ? play() : moveTo(position)));
byId("next").addEventListener("click", () => {
  moveTo(moments[indexAt(position) + 1]?.at_s ?? length);
  if (byId("next").disabled) byId("play").focus();
});
byId("back").addEventListener("click", () => {
  stepBack();
  if (byId("back").disabled) byId("play").focus();
});
byId("position").addEventListener("input", () => moveTo(Number(byId("position").value)));
byId("player").hidden = false;
show();
