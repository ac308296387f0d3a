// Before going in: one's own picture and sound, the choice of devices, and how one will be seen.

import { byId, make, say, setText } from "./dom.js";
import { WITHOUT } from "./devices.js";
import { SoundLevel } from "./sound-level.js";
import { LEVEL_WORDS } from "./words.js";

const REDRAW_MS = 100;
const HEARD_ABOVE = 25;
const SELECTS = { audio: "microphone", video: "camera" };

export class DeviceCheck {
  #level = new SoundLevel();
  #timer = 0;
  #heard = false;
  #redraw = () => this.#render();

  constructor(devices) {
    this.devices = devices;
    for (const [kind, id] of Object.entries(SELECTS)) {
      byId(id).addEventListener("change", ({ target }) => devices.choose(kind, target.value));
    }
    byId("try-devices").addEventListener("click", () => devices.open());
    byId("before").addEventListener("change", ({ target }) => target.name === "outgoing-before" && this.#showLevelWords());
    this.#showLevelWords();
  }

  /** The level chosen for how I will be seen. */
  get outgoing() {
    return byId("before").querySelector("input[name=outgoing-before]:checked").value;
  }

  /** Choose a level in the person's stead, where the call already knows one. */
  setOutgoing(level) {
    byId("before").querySelector(`input[name=outgoing-before][value="${level}"]`).checked = true;
    this.#showLevelWords();
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
    byId("preview").srcObject = null;
    await this.#level.close();
  }

  async #render() {
    const { audio, video } = this.devices.tracks;
    byId("preview").srcObject = video && new MediaStream([video]);
    byId("preview").hidden = !video;
    say(byId("preview-none"), video ? "" : "No picture of you. You can go in without one.");
    this.#heard = false;
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
    this.#heard ||= percent > HEARD_ABOVE;
    byId("level-fill").style.width = `${percent}%`;
    byId("level").setAttribute("aria-valuenow", percent);
    byId("level").hidden = !this.devices.tracks.audio;
    setText(byId("level-words"), this.#levelWords());
  }

  #levelWords() {
    if (!this.devices.tracks.audio) return "Without a microphone you can listen, and read whose turn it is.";
    return this.#heard ? "Your microphone works." : "Say a few words: the bar should move.";
  }

  #showLevelWords() {
    setText(byId("outgoing-before-words"), LEVEL_WORDS[this.outgoing].own);
  }
}
