// The others: one large picture each, with name, presence, line, and whether they have the talking stick.

import { keyed, make, say, setText } from "./dom.js";
import { Picture } from "./picture.js";
import { Sound } from "./sound.js";
import { stickPicture } from "./handing.js";
import { LEVEL_WORDS } from "./words.js";

/** What somebody's picture is, for those who don't see it. */
function pictureWords(person, distance) {
  return distance === "audio-only" ? `${person.name}, without a picture` : `${person.name}, seen ${LEVEL_WORDS[distance].seen}`;
}

export class People {
  #tiles = new Map();

  /** `blocked()` is called when the browser wants a press before it plays sound; `light`: a PresenceLight; `handing`: a Handing. */
  constructor(container, state, blocked, { light, handing }) {
    Object.assign(this, { container, state, blocked, light, handing });
    light.addEventListener("change", () => this.#shine());
  }

  /** Draw everyone as the conversation says. */
  render() {
    const others = this.state.others;
    keyed(this.container, others, (p) => p.id, (p) => this.#build(p), (element, p) => this.#update(element, p));
    for (const [id, tile] of this.#tiles) {
      if (others.some((p) => p.id === id)) continue;
      tile.picture.end();
      this.#tiles.delete(id);
    }
    this.#shine();
    this.container.dataset.present = others.filter((p) => p.present).length;
  }

  /** Attach the receiving tracks: participant → {audio, video}. */
  attach(streams) {
    for (const [id, tile] of this.#tiles) {
      const { audio = null, video = null } = streams.get(id) ?? {};
      tile.picture.setTrack(video);
      tile.sound.setTrack(audio);
      this.light.listen(id, audio);
    }
  }

  /** After a press: play all sound. */
  playAll() {
    for (const { sound } of this.#tiles.values()) sound.play();
  }

  /** What is shown now, for tests: participant → {shown, words, video, audio}. */
  shown() {
    const of = ({ picture, words, sound }) => ({
      shown: picture.shown,
      words: words.textContent,
      video: picture.video,
      audio: sound.element,
    });
    return Object.fromEntries([...this.#tiles].map(([id, tile]) => [id, of(tile)]));
  }

  #build(person) {
    const video = make("video", { autoplay: true, playsinline: true, class: "remote" });
    video.muted = true; // sound has its own element; a muted video may always play
    const words = make("p", { class: "why" });
    const initial = make("span", { class: "initial", "aria-hidden": "true" }, [...person.name][0] ?? "·");
    const stand = make("div", { class: "stand-in" }, initial, words);
    const name = make("b", {}, person.name);
    const stick = make("span", { class: "stick-here", hidden: true }, stickPicture());
    const hand = this.handing.build(person);
    const tags = make("span", { class: "tags" });
    const line = make("p", { class: "weak", hidden: true });
    const element = make(
      "article",
      { class: "person", "aria-label": person.name },
      make("div", { class: "picture" }, video, stand, line),
      make("div", { class: "nameplate" }, stick, name, tags, hand),
    );
    const tile = { element, stick, hand, words, tags, line, stand, initial, sound: new Sound(element.firstElementChild, this.blocked) };
    tile.picture = new Picture(video, (shown) => {
      stand.hidden = shown;
      if (this.#tiles.has(person.id)) setText(words, this.#why(this.#tiles.get(person.id).person));
    });
    this.#tiles.set(person.id, tile);
    return element;
  }

  #update(element, person) {
    const tile = this.#tiles.get(person.id);
    tile.person = person;
    const view = this.state.view(this.state.me.id, person.id);
    tile.picture.allow(view.distance);
    tile.picture.describe(pictureWords(person, view.distance));
    element.classList.toggle("away", !person.present);
    const holds = this.state.floor?.holder === person.id;
    const saysBack = this.state.mirror?.by === person.id;
    element.classList.toggle("holding", holds);
    element.classList.toggle("saying-back", saysBack);
    tile.stick.hidden = !holds;
    this.handing.update(tile.hand, person);
    setText(tile.words, this.#why(person));
    const tags = [
      person.role === "therapist" && "therapist",
      !person.present && (person.left ? "has left" : "not here"),
      holds && "has the talking stick",
      person.present && this.state.listens(person.id) && "only listens",
      saysBack && "says it back",
      view.heard && !holds && !saysBack && this.state.phase !== null && "can be heard",
      person.present && person.ready && person.microphone === false && "microphone off",
      ["soft", "veiled"].includes(view.distance) && LEVEL_WORDS[view.distance].name.toLowerCase(),
    ].filter(Boolean);
    keyed(tile.tags, tags, (tag) => tag, (tag) => make("span", { class: "tag" }, tag));
    say(tile.line, this.#lineWords(person));
  }

  // Why there is no picture, in the order of what explains most.
  #why(person) {
    if (this.state.phase === null) return "";
    if (person.left) return "Has left";
    if (!person.present) return person.line === "lost" ? `${person.name}'s line is lost.` : "Not here yet";
    if (this.#lineWords(person)) return ""; // the line's own words say it
    if (!person.ready) return "Here, and getting ready";
    if (this.state.phase === "waiting") return "Here and ready";
    if (this.state.awaitsAdmission(person.id)) return "Here, and not let in yet";
    if (this.state.caucus?.held === person.id) return "Waits outside, and hears and sees nothing";
    if (!this.state.company.some((p) => p.id === person.id)) return "Not to be seen or heard now";
    if (this.state.isShuttle && this.state.phase === "talking") return "No sound and no picture are shared";
    if (this.state.view(this.state.me.id, person.id).distance === "audio-only") return this.light.words(person.id);
    return "No picture is coming just now";
  }

  // Who is there without a picture is not taken for absent: a quiet light follows their voice.
  #shine() {
    for (const [id, tile] of this.#tiles) {
      const lit = !tile.picture.shown && this.state.company.some((p) => p.id === id);
      tile.initial.dataset.presence = lit ? this.light.of(id) : "";
      tile.initial.style.setProperty("--voice", lit ? this.light.loudness(id) : 0);
      if (tile.person) setText(tile.words, this.#why(tile.person));
    }
  }

  #lineWords(person) {
    if (!person.present || !["talking", "caucus"].includes(this.state.phase)) return "";
    if (person.line === "weak") return "The line is slow, not the person.";
    if (person.line === "lost") return `${person.name}'s line is lost. It may come back by itself.`;
    return "";
  }
}
