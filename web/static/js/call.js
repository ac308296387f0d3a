// The call page: puts the parts together. Stages: "before" (device check), "room", "closing".
//
// `window.holdspace` is for tests and for the curious: `state()` is what the server last said (the `conversation`
// message), `people()` what is shown of each of the others, `peer()` the RTCPeerConnection in use.

import { Announcer } from "./announcer.js";
import { ConversationState } from "./conversation-state.js";
import { Countdown } from "./countdown.js";
import { DeviceCheck } from "./device-check.js";
import { Devices } from "./devices.js";
import { Distance } from "./distance.js";
import { byId, say, setText } from "./dom.js";
import { Formats } from "./formats.js";
import { Peer } from "./peer.js";
import { People } from "./people.js";
import { Proposals } from "./proposals.js";
import { ServerClock } from "./server-clock.js";
import { SignalingClient } from "./signaling-client.js";
import { Stick } from "./stick.js";
import * as visits from "./visit.js";
import { list, closingWords, errorWords } from "./words.js";

const TROUBLE_FOR_MS = 10_000;

const { me, call, formats, turn_minutes: turnMinutes } = JSON.parse(byId("call-data").textContent);
const visit = visits.recall(call.id, me.id);
const state = new ConversationState(me, call, formats);
const clock = new ServerClock();
const scheme = location.protocol === "https:" ? "wss" : "ws";
const address = `/api/v1/calls/${encodeURIComponent(call.id)}/signaling?as=${encodeURIComponent(me.id)}`;
const client = new SignalingClient(`${scheme}://${location.host}${address}`);
const peer = new Peer((sdp) => client.request("offer", { sdp }));
const devices = new Devices(visit?.devices);

let stage = "before";
let outgoing = visit?.outgoing ?? null; // how I want to be seen; null until I have chosen
let settled = false; // whether this connection has been told what I want
let devicesAsked = false; // whether camera and microphone have been opened, or said no
let troubleTimer = 0;

const people = new People(byId("people"), state, () => (byId("start-sound").hidden = false));
const check = new DeviceCheck(devices);
const stick = new Stick(state, act, microphone);
const distance = new Distance(state, act, (level) => rememberOutgoing(level));
const proposals = new Proposals(state, act);
const formatChoice = new Formats(state, act, turnMinutes);
const announcer = new Announcer(state);
const countdown = new Countdown(
  { ring: byId("ring"), arc: byId("ring-left"), clock: byId("clock") },
  () => (state.phase === "talking" ? state.floor : null),
  () => clock.now(),
);

// --- commands ---

/** Send a command; says what went wrong; resolves with whether it was carried out. */
async function act(type, fields) {
  try {
    await client.request(type, fields);
    showTrouble("");
    return true;
  } catch (error) {
    showTrouble(errorWords(error));
    return false;
  }
}

function showTrouble(words) {
  clearTimeout(troubleTimer);
  say(byId(stage === "before" ? "before-trouble" : "trouble"), words);
  if (words) troubleTimer = setTimeout(() => showTrouble(""), TROUBLE_FOR_MS);
}

// --- stages ---

function show(next) {
  stage = next;
  for (const id of ["before", "room", "closing"]) byId(id).hidden = id !== next;
  document.body.classList.toggle("talking-room", next === "room");
}

async function goIn() {
  rememberOutgoing(check.outgoing);
  await check.stop();
  enterRoom();
}

/** After a reload in the middle of the conversation: straight back, with the same devices. */
async function goBackIn() {
  show("room");
  await devices.open();
  enterRoom();
}

function rememberOutgoing(level) {
  outgoing = level;
  visits.remember(call.id, me.id, { outgoing, devices: devices.choice });
}

function enterRoom() {
  devicesAsked = true;
  show("room");
  byId("turn-words").focus();
  settled = false;
  settle();
  render();
}

/**
 * Tell this connection what I want, in this order: how I am seen, then my own sound and picture, then that I am ready. Nothing
 * later is sent when an earlier step fails, so nobody is ever shown more clearly than they asked for.
 */
async function settle() {
  if (stage !== "room" || settled || !devicesAsked || !state.current) return;
  settled = true;
  if (state.outgoing !== outgoing && !(await act("distance.set", { outgoing }))) return tryLater();
  await peer.useTracks(devices.tracks);
  peer.start();
  if (!state.self?.ready && !(await act("ready", { ready: true }))) tryLater();
}

function tryLater() {
  settled = false;
  if (client.line === "open") setTimeout(settle, 2_000);
}

async function close(goodbye) {
  const { heading, words, back } = closingWords(goodbye);
  peer.close();
  devices.close();
  await check.stop();
  if (goodbye.code !== "replaced") visits.forget(call.id, me.id);
  setText(byId("closing-heading"), heading);
  setText(byId("closing-words"), words);
  byId("come-back").hidden = !back;
  byId("line").hidden = true;
  show("closing");
  byId("closing-heading").focus();
}

// --- drawing ---

function render() {
  renderLine();
  renderPresence();
  if (stage !== "room") return;
  people.render();
  people.attach(peer.streams());
  stick.render();
  proposals.render();
  distance.render();
  formatChoice.render();
  countdown.draw();
  renderOwn();
  announcer.follow();
}

function renderLine() {
  const words = { connecting: "Connecting …", dropped: "The line dropped. Coming back by itself …" };
  const link = stage === "room" && peer.link === "down" ? "Sound and picture are coming back by themselves …" : "";
  say(byId("line"), stage === "closing" ? "" : (words[client.line] ?? link));
  for (const fieldset of document.querySelectorAll("fieldset.live")) fieldset.disabled = client.line !== "open";
}

function renderPresence() {
  if (stage !== "before") return;
  const here = state.others.filter((p) => p.present);
  const ready = here.filter((p) => p.ready).map((p) => p.name);
  const waiting = here.filter((p) => !p.ready).map((p) => p.name);
  const parts = [];
  if (ready.length) parts.push(`${list(ready)} ${ready.length > 1 ? "are" : "is"} here and ready.`);
  if (waiting.length) parts.push(`${list(waiting)} ${waiting.length > 1 ? "are" : "is"} here and getting ready.`);
  if (!here.length) parts.push("Nobody else is here yet.");
  setText(byId("before-presence"), state.current ? parts.join(" ") : "");
}

function microphone() {
  const track = devices.tracks.audio;
  if (!track) return "none";
  return track.enabled ? "on" : "off";
}

function renderOwn() {
  const is = microphone();
  byId("mute").disabled = is === "none";
  setText(byId("mute"), { on: "Mute me", off: "Unmute me", none: "No microphone" }[is]);
  byId("show-self").disabled = !devices.tracks.video;
}

function toggleSelf() {
  const showing = byId("self-view").hidden;
  const video = devices.tracks.video;
  byId("self-view").srcObject = showing && video ? new MediaStream([video]) : null;
  byId("self-view").hidden = !showing;
  setText(byId("show-self"), showing ? "Hide myself" : "See myself");
}

function toggleMore() {
  const open = byId("more").hidden;
  byId("more").hidden = !open;
  byId("show-more").setAttribute("aria-expanded", String(open));
  setText(byId("show-more"), open ? "Fewer choices" : "More choices");
  if (open) byId("more").scrollIntoView({ block: "nearest" });
}

// --- what the server says ---

client.addEventListener("welcome", ({ detail: welcome }) => {
  clock.reset();
  clock.observe(welcome.server_time);
  state.forget();
  settled = false;
  peer.settings = { seats: welcome.seats, iceServers: welcome.ice_servers };
});

client.addEventListener("conversation", ({ detail: conversation }) => {
  const first = state.current === null;
  clock.observe(conversation.server_time);
  if (!state.take(conversation)) return;
  if (first && stage === "before") beginCheck();
  if (state.phase === "ended") return endHere();
  settle();
  render();
});

function endHere() {
  client.close();
  close({ code: "ended" });
}

/** The call may know me from before (another tab, an earlier visit): nobody is ready while they look at the check. */
function beginCheck() {
  if (state.outgoing !== "clear") check.setOutgoing(state.outgoing);
  if (state.self?.ready) act("ready", { ready: false });
}

client.addEventListener("line", () => {
  if (client.line === "dropped") {
    // The server may not have noticed yet: "nobody hears or sees you" is made true from this side.
    peer.close();
    state.forget();
  }
  render();
});
client.addEventListener("receive", ({ detail }) => peer.setReceive(detail.receive));
client.addEventListener("notice", ({ detail }) => announcer.notice(detail));
client.addEventListener("closed", ({ detail }) => close(detail));
peer.addEventListener("streams", () => people.attach(peer.streams()));
peer.addEventListener("link", render);
// A camera may open long after the person went in; it then joins the connection that is there.
devices.addEventListener("changed", useDevices);
devices.addEventListener("lost", () => {
  showTrouble(Object.values(devices.trouble).filter(Boolean).join(" "));
  useDevices();
});

async function useDevices() {
  if (stage !== "room") return;
  await peer.useTracks(devices.tracks);
  render();
}

// --- what the person does ---

byId("go-in").addEventListener("click", goIn);
byId("show-self").addEventListener("click", toggleSelf);
byId("show-more").addEventListener("click", toggleMore);
byId("more").addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  toggleMore();
  byId("show-more").focus();
});
byId("mute").addEventListener("click", () => {
  devices.tracks.audio.enabled = !devices.tracks.audio.enabled;
  render();
});
byId("start-sound").addEventListener("click", () => {
  byId("start-sound").hidden = true;
  people.playAll();
});
byId("come-back").addEventListener("click", () => location.reload());
byId("leave").addEventListener("click", () => {
  client.leave();
  close({ code: "left" });
});

window.holdspace = { state: () => state.current, people: () => people.shown(), peer: () => peer.connection };

client.open();
if (outgoing) goBackIn();
else {
  show("before");
  check.start();
}
