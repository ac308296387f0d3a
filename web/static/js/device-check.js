// Before going in: one's own picture and sound, the choice of devices, and how one will be seen.

import { byId, check, make, say, setText } from "./dom.js";
import { WITHOUT } from "./devices.js";
import { SoundLevel } from "./sound-level.js";
import { LEVELS } from "./conversation-state.js";
import { Levels } from "./levels.js";
import { OwnPicture } from "./own-picture.js";
import { LEVEL_WORDS, NO_CAMERA } from "./words.js";

const REDRAW_MS = 100;
const HEARD_ABOVE = 30;
const HEARD_TIMES = 3; // one knock is not yet a voice
const STAYS = "The others go on seeing you as you chose before, unless you choose here.";
const SELECTS = { audio: "microphone", video: "camera" };

export class DeviceCheck {
  #level = new SoundLevel();
  #timer = 0;
  #heard = 0;
  #own = new OwnPicture(byId("preview"));
  #touched = false;
  #redraw = () => this.#render();

  constructor(devices) {
    this.devices = devices;
    for (const [kind, id] of Object.entries(SELECTS)) {
      byId(id).addEventListener("change", ({ target }) => devices.choose(kind, target.value));
    }
    byId("try-devices").addEventListener("click", () => devices.open());
    const row = byId("before").querySelector(".levels");
    new Levels(row, byId("before-press"));
    row.addEventListener("change", () => {
      this.#touched = true;
      this.#showLevel();
    });
    this.#showLevel();
  }

  /** The level chosen for how I will be seen; null: none, so it stays as the call has it. */
  get outgoing() {
    return byId("before").querySelector("input[name=outgoing-before]:checked")?.value ?? null;
  }

  /** Choose a level in the person's stead, where the call already knows one; null: none. What they chose here stays. */
  suggest(level) {
    if (!this.#touched) check(byId("before"), "outgoing-before", level);
    this.#showLevel();
  }

  async start() {
    this.devices.addEventListener("changed", this.#redraw);
    this.devices.addEventListener("lost", this.#redraw);
    this.#timer = setInterval(() => this.#drawLevel(), REDRAW_MS);
    await this.devices.open();
  }

  async stop() {
    clearInterval(this.#timer);
    this.devices.removeEventListener("changed", this.#redraw);
    this.devices.removeEventListener("lost", this.#redraw);
    this.#own.end();
    await this.#level.close();
  }

  async #render() {
    const { audio, video } = this.devices.tracks;
    this.#showLevel();
    this.#heard = 0;
    this.#level.listen(audio);
    const trouble = Object.values(this.devices.trouble).filter(Boolean);
    say(byId("device-trouble"), trouble.length ? `${trouble.join(" ")} You can go on without.` : "");
    byId("try-devices").hidden = !trouble.length;
    await Promise.all([this.#fill("audio", audio), this.#fill("video", video)]);
  }

  async #fill(kind, track) {
    const select = byId(SELECTS[kind]);
    const devices = await this.devices.list(kind);
    const options = devices.map(({ id, label }) => make("option", { value: id }, label));
    select.replaceChildren(...options, make("option", { value: WITHOUT }, `Go on without a ${SELECTS[kind]}`));
    select.value = track?.getSettings().deviceId ?? WITHOUT;
    if (!select.value) select.value = WITHOUT;
  }

  #drawLevel() {
    const percent = this.#level.percent();
    this.#heard += percent > HEARD_ABOVE;
    byId("level-fill").style.width = `${percent}%`;
    byId("level").setAttribute("aria-valuenow", percent);
    byId("level").hidden = !this.devices.tracks.audio;
    setText(byId("level-words"), this.#levelWords());
  }

  #levelWords() {
    if (!this.devices.tracks.audio) return "Without a microphone you can listen, and read whose turn it is.";
    return this.#heard >= HEARD_TIMES ? "Your microphone works." : "Say a few words: the bar should move.";
  }

  #showLevel() {
    const { video } = this.devices.tracks;
    const level = this.outgoing;
    this.#own.show(video, level ?? LEVELS[0], this.#noPictureWords());
    setText(byId("preview-words"), level === null ? "Your own picture." : "About how the others see you.");
    byId("preview-words").hidden = !video;
    const words = level === null ? STAYS : LEVEL_WORDS[level].own;
    setText(byId("outgoing-before-words"), this.devices.withoutCamera ? NO_CAMERA : words);
  }

  #noPictureWords() {
    if (this.devices.tracks.video) return "Nobody gets a picture of you.";
    return this.devices.withoutCamera ? "No picture of you. You can go in without one." : "Looking for your camera …";
  }
}
