// The call page: puts the parts together. Stages: "before" (device check), "room", "closing".
//
// `window.holdspace` is for tests and for the curious: `state()` is what the server last said (the `conversation`
// message), `people()` what is shown of each of the others, `peer()` the RTCPeerConnection in use.

import { Admission } from "./admission.js";
import { Airtime } from "./airtime.js";
import { ArrivalsPanel } from "./arrivals-panel.js";
import { Arriving } from "./arriving.js";
import { Announcer } from "./announcer.js";
import { ConversationState } from "./conversation-state.js";
import { CaptureEconomy } from "./capture-economy.js";
import { Caucus } from "./caucus.js";
import { Countdown, timing } from "./countdown.js";
import { Course } from "./course.js";
import { Cue } from "./cue.js";
import { DeviceCheck } from "./device-check.js";
import { Devices } from "./devices.js";
import { Distance, ownLevel, ownPictureWords } from "./distance.js";
import { byId, say, setText } from "./dom.js";
import { presenceWords, sayAway, sayPlace, showTitle } from "./door.js";
import { Formats } from "./formats.js";
import { Handing } from "./handing.js";
import { keepPlace } from "./keyboard-place.js";
import { Levels } from "./levels.js";
import { LinePanel } from "./line-panel.js";
import { Microphone } from "./microphone.js";
import { Mirror } from "./mirror.js";
import { OwnPicture } from "./own-picture.js";
import { Panel } from "./panel.js";
import { Patience } from "./patience.js";
import { Peer } from "./peer.js";
import { People } from "./people.js";
import { PresenceLight } from "./presence-light.js";
import { Proposals } from "./proposals.js";
import { QuietExit } from "./quiet-exit.js";
import { ServerClock } from "./server-clock.js";
import { SignalingClient } from "./signaling-client.js";
import { Mark, Marked } from "./silent-signal.js";
import { StepBack } from "./step-back.js";
import { Stick } from "./stick.js";
import { Visit } from "./visit.js";
import { WordForLater } from "./word-for-later.js";
import { Wishes } from "./wishes.js";
import { closingWords, errorWords } from "./words.js";

const TROUBLE_FOR_MS = 10_000;
/** What holds of distance where nobody has said anything. */
const NO_WISHES = Object.freeze({ room: "clear", listening: [] });
/** As long as the call holds a place: whoever comes back later is asked again before they are heard or seen. */
const HELD_FOR_MS = 60_000;

const { me, call, formats, turn_minutes: turnMinutes, elsewhere, missed } = JSON.parse(byId("call-data").textContent);
const visit = new Visit(call.id, me.id);
// In the call on another device or in another tab, or missed in it: this page joins nothing until it is asked to take over.
const takesOver = Boolean(elsewhere || missed) && !visit.reloaded;
if (takesOver) visit.startAfresh();
const wishes = new Wishes(me, visit.wishes);
const state = new ConversationState(me, call, formats);
const clock = new ServerClock();
const scheme = location.protocol === "https:" ? "wss" : "ws";
const address = `/api/v1/calls/${encodeURIComponent(call.id)}/signaling?as=${encodeURIComponent(me.id)}`;
const client = new SignalingClient(`${scheme}://${location.host}${address}`);
const peer = new Peer((sdp) => client.request("offer", { sdp }));
new Patience(peer);
const economy = new CaptureEconomy(state, () => peer.pictureSenders);
const devices = new Devices(visit.devices);

let stage = "before";
let outgoing = visit.outgoing; // how I want to be seen; null until I have chosen
let settled = false; // whether this connection has been told what I want
let told = false; // whether how I am seen and see was among it, so that what the server says of it is what I wish
let keepsMedia = false; // whether the server still has the media connection from before
let devicesAsked = false; // whether camera and microphone have been opened, or said no
let troubleTimer = 0;

const light = new PresenceLight(state, () => peer.connection?.getReceivers() ?? []);
const handing = new Handing(state, act);
const people = new People(byId("people"), state, () => (byId("start-sound").hidden = false), { light, handing });
const check = new DeviceCheck(devices);
const microphone = new Microphone(devices, state, (...request) => client.request(...request), (muted) => visit.keep({ muted }));
const stick = new Stick(state, act, () => microphone.is);
const distance = new Distance(state, act, { chosen: rememberOutgoing, camera: () => !devices.withoutCamera });
const self = new OwnPicture(byId("self-view"));
const stepBack = new StepBack(state, act, clock);
const caucus = new Caucus(state, act, clock, (at) => stepBack.time(at));
const course = new Course(state, act);
const mirror = new Mirror(state, act);
const admission = new Admission(state, act);
const airtime = new Airtime(state, () => clock.now());
const proposals = new Proposals(state, act, (at) => stepBack.when(at));
const formatChoice = new Formats(state, act, turnMinutes);
const arriving = new Arriving();
const arrivals = new ArrivalsPanel(state);
const mark = new Mark((type) => client.request(type), () => stage === "room");
const marked = new Marked(state);
const word = new WordForLater(state, visit);
const cue = new Cue();
const announcer = new Announcer(state, (name) => cue.play(name));
const countdown = new Countdown(
  { ring: byId("ring"), arc: byId("ring-left"), clock: byId("clock") },
  () => timing(state, clock.now()),
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
  if (!arriving.mayGoIn()) return;
  rememberOutgoing(check.outgoing);
  await check.stop();
  if (stage !== "before") return; // the call ended meanwhile
  if (takesOver) client.open();
  enterRoom();
}

/** After a reload in the middle of the conversation: straight back, with the same devices. */
async function goBackIn() {
  show("room");
  await devices.open();
  if (stage !== "room") return devices.close(); // the call ended while the camera opened
  enterRoom();
}

function rememberOutgoing(level) {
  outgoing = level;
  visit.keep({ outgoing });
}

function enterRoom() {
  devicesAsked = true;
  devices.muted = Boolean(visit.muted);
  visit.keep({ inside: true, devices: devices.choice });
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
  if (client.awayMs > HELD_FOR_MS && !state.self?.ready) return goToTheDoor();
  client.awayMs = 0;
  takeWhatWasChosen();
  if (state.outgoing !== outgoing && !(await act("distance.set", { outgoing }))) return tryLater();
  for (const wish of wishes.missing(state.current?.distance ?? NO_WISHES, state.participants.map((p) => p.id))) {
    if (!(await act("distance.set", wish))) return tryLater();
  }
  told = true;
  await microphone.tell();
  await peer.useTracks(devices.tracks);
  if (!(keepsMedia && peer.flows)) peer.start();
  if (!(await arriving.tell(state, act))) return tryLater();
  if (!state.self?.ready && !(await act("ready", { ready: true }))) tryLater();
}

/** A laptop that wakes in another room must not open its microphone by itself: the device check, and a press, as at first. */
function goToTheDoor() {
  visit.keep({ inside: false, away: true });
  location.reload();
}

/** Taking over from another device: what was not chosen here stays as it was there. */
function takeWhatWasChosen() {
  if (outgoing === null) rememberOutgoing(state.outgoing);
  if (takesOver && visit.muted === null) microphone.muted = state.self?.microphone === false;
}

function tryLater() {
  settled = false;
  if (client.line === "open") setTimeout(settle, 2_000);
}

async function close(goodbye) {
  const { heading, words, back, next } = closingWords(goodbye);
  peer.close();
  devices.close();
  await check.stop();
  rememberLeaving(goodbye.code);
  setText(byId("closing-heading"), heading);
  setText(byId("closing-words"), words);
  setText(byId("closing-next"), next);
  byId("come-back").hidden = !back;
  byId("line").hidden = true;
  show("closing");
  byId("closing-heading").focus();
}

/** Who comes back is asked at the door again, and is muted if they were. */
function rememberLeaving(code) {
  arriving.forget();
  word.forget();
  if (code === "left" || code === "replaced") visit.keep({ inside: false });
  else visit.forget();
}

// --- drawing ---

function render() {
  renderLine();
  mark.render();
  if (stage === "before") setText(byId("before-presence"), presenceWords(state));
  if (stage !== "room") return;
  keepPlace(renderRoom);
  announcer.follow(stepBack.said() || caucus.said());
}

function renderRoom() {
  people.render();
  word.render();
  people.attach(peer.streams());
  for (const part of [stick, course, mirror, admission, caucus, stepBack, proposals, distance, formatChoice, airtime]) part.render();
  countdown.draw();
  microphone.render();
  renderSelf();
}

function renderLine() {
  const words = { connecting: "Connecting …", dropped: "The line dropped. Coming back by itself …" };
  const link = stage === "room" && peer.link === "down" ? "Sound and picture are coming back by themselves …" : "";
  say(byId("line"), stage === "closing" ? "" : (words[client.line] ?? link));
  for (const fieldset of document.querySelectorAll("fieldset.live")) fieldset.disabled = client.line !== "open";
}

function renderSelf() {
  byId("show-self").disabled = !devices.tracks.video;
  setText(byId("self-view").querySelector("figcaption"), ownPictureWords(state));
  if (!byId("self-view").hidden && state.current) self.show(devices.tracks.video, ownLevel(state), "Nobody gets a picture of you.");
}

function toggleSelf() {
  const showing = byId("self-view").hidden;
  byId("self-view").hidden = !showing;
  if (!showing) self.end();
  renderSelf();
  setText(byId("show-self"), showing ? "Hide myself" : "See myself");
}

// --- what the server says ---

client.addEventListener("welcome", ({ detail: welcome }) => {
  clock.reset();
  clock.observe(welcome.server_time);
  state.lose();
  microphone.forget();
  settled = false;
  told = false;
  keepsMedia = welcome.media === true;
  if (welcome.call) state.call = welcome.call;
  showTitle(state.call.title);
  peer.settings = { seats: welcome.seats, iceServers: welcome.ice_servers };
});

client.addEventListener("conversation", ({ detail: conversation }) => {
  const first = state.current === null;
  clock.observe(conversation.server_time);
  if (!state.take(conversation)) return;
  if (first && stage === "before") beginCheck();
  if (state.phase === "ended") return endHere();
  if (told) visit.keep({ wishes: wishes.remember(conversation.distance) });
  economy.follow();
  settle();
  render();
});

/** Whoever was in the room knows how it ended: the agreed course is complete, or both partners said yes. */
function endHere() {
  client.close();
  close({ code: stage === "room" ? howItEnded() : "ended" });
}

function howItEnded() {
  if (state.course?.over && state.course.then === "end") return state.floor.format === "closing" ? "ended-closing" : "ended-complete";
  return state.isChair ? "ended-by-both" : "ended-together";
}

/** The call may know me from before (another tab, an earlier visit): nobody is ready while they look at the check. */
function beginCheck() {
  if (state.outgoing !== call.distance) check.suggest(state.outgoing);
  if (state.self?.ready) act("ready", { ready: false });
}

// Media have a line of their own: what still flows goes on, and the page comes back to it.
client.addEventListener("line", () => {
  if (client.line === "dropped") state.lose();
  render();
});
client.addEventListener("receive", ({ detail }) => peer.setReceive(detail.receive));
client.addEventListener("notice", ({ detail }) => announcer.notice(detail));
client.addEventListener("notice", ({ detail }) => marked.notice(detail));
client.addEventListener("arrivals", ({ detail }) => arrivals.take(detail));
client.addEventListener("closed", ({ detail }) => close(detail));
peer.addEventListener("streams", () => {
  people.attach(peer.streams());
  economy.follow();
});
peer.addEventListener("link", ({ detail: link }) => {
  if (link === "up") client.hurry();
  render();
});
peer.addEventListener("trouble", ({ detail: words }) => showTrouble(words));
// A camera may open long after the person went in; it then joins the connection that is there.
devices.addEventListener("changed", useDevices);
devices.addEventListener("lost", () => {
  showTrouble(Object.values(devices.trouble).filter(Boolean).join(" "));
  useDevices();
});

async function useDevices() {
  if (stage !== "room") return;
  await peer.useTracks(devices.tracks);
  economy.follow(); // another camera may have another size
  render();
  if (settled) await microphone.tell();
}

// --- what the person does ---

byId("go-in").addEventListener("click", goIn);
byId("show-self").addEventListener("click", toggleSelf);
byId("mute").addEventListener("click", () => {
  microphone.toggle();
  render();
});
new Panel(byId("more"), byId("show-more"));
new LinePanel(byId("line-panel"), state, () => client.request("line.numbers"));
new Levels(byId("room").querySelector(".levels"), byId("room-press"));
// Only a reload leaves this note behind: it tells a page that takes its own place again from one that was opened a second time.
addEventListener("pagehide", () => {
  if (stage !== "closing" && client.line !== "idle") visit.keep({ unloadedOn: Date.now() });
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

new QuietExit(() => {
  stage = "closing"; // nothing is remembered of this page, nor told by it
  client.close();
  devices.close();
  peer.close();
  visit.forget();
});

window.holdspace = { state: () => state.current, people: () => people.shown(), peer: () => peer.connection };

function begin() {
  if (!takesOver) client.open();
  if (visit.inside) return goBackIn();
  check.suggest(takesOver ? null : (outgoing ?? call.distance));
  byId("stays-muted").hidden = !visit.muted;
  if (takesOver) sayPlace(elsewhere);
  else if (visit.wasAway) sayAway();
  show("before");
  check.start();
}

begin();
