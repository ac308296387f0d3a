// This person's camera and microphone: opening, changing and letting go of them. Doing without either is always possible.

/** The choice of going without. */
export const WITHOUT = "without";

const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30, max: 30 } },
};
const NAMES = { audio: "microphone", video: "camera" };

/** Why a device did not open, in words that say what can be done. */
function troubleWords(kind, error) {
  const name = NAMES[kind];
  switch (error.name) {
    case "NotAllowedError":
      return `The browser did not allow the ${name}. You can allow it beside the page's address and try again.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${name} was found.`;
    case "NotReadableError":
      return `The ${name} is there, but another program may be using it.`;
    default:
      return `The ${name} could not be opened.`;
  }
}

/** Events: `changed` (tracks or list are others now), `lost` (detail: kind; a device in use went away). */
export class Devices extends EventTarget {
  #muted = false;
  #asked = false;
  // Which wish of this kind is the latest: what opens for an earlier one is let go of at once.
  #wish = { audio: 0, video: 0 };

  constructor(choice = {}) {
    super();
    /** A device id, "" for the browser's own choice, or WITHOUT. */
    this.choice = { audio: "", video: "", ...choice };
    this.tracks = { audio: null, video: null };
    this.trouble = { audio: "", video: "" };
    navigator.mediaDevices?.addEventListener("devicechange", () => this.dispatchEvent(new Event("changed")));
  }

  /** Whether the microphone is closed by its owner; holds for every microphone that is opened later, too. */
  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    if (this.tracks.audio) this.tracks.audio.enabled = !muted;
  }

  /** Whether it is known that there is no picture: a camera has been looked for, and none is open. */
  get withoutCamera() {
    return this.#asked && !this.tracks.video;
  }

  /** Open what is chosen; never throws, see `trouble`. */
  async open() {
    if (navigator.mediaDevices) await this.#openChosen();
    else this.#insecure();
    this.#asked = true;
    this.dispatchEvent(new Event("changed"));
  }

  /** Change to another device, or to WITHOUT. */
  async choose(kind, id) {
    this.choice[kind] = id;
    this.#stop(kind);
    this.trouble[kind] = "";
    await this.open();
  }

  /** The devices of a kind, as far as the browser names them: [{id, label}]. */
  async list(kind) {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const ours = all.filter((d) => d.kind === `${kind}input` && d.deviceId);
    return ours.map((d, i) => ({ id: d.deviceId, label: d.label || `${NAMES[kind]} ${i + 1}` }));
  }

  /** Let go of everything; the lights go out. */
  close() {
    this.#stop("audio");
    this.#stop("video");
  }

  async #openChosen() {
    const wish = { ...this.#wish };
    const kinds = ["audio", "video"].filter((kind) => this.choice[kind] !== WITHOUT && !this.tracks[kind]);
    // Asked for together first, so that the browser asks the person once and not twice.
    if (kinds.length === 2 && (await this.#tryBoth())) return;
    // Meanwhile the person may have left, or chosen otherwise.
    for (const kind of kinds) if (wish[kind] === this.#wish[kind]) await this.#tryOne(kind);
  }

  async #tryBoth() {
    const wish = { ...this.#wish };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.#wanted("audio"), video: this.#wanted("video") });
      for (const track of stream.getTracks()) this.#keep(track, wish);
      return true;
    } catch {
      return false; // one of them may still open by itself, and says better what is wrong
    }
  }

  async #tryOne(kind) {
    const wish = { ...this.#wish };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: this.#wanted(kind) });
      this.#keep(stream.getTracks()[0], wish);
    } catch (error) {
      if (wish[kind] === this.#wish[kind]) this.trouble[kind] = troubleWords(kind, error);
    }
  }

  #wanted(kind) {
    const id = this.choice[kind];
    return id ? { ...WANTED[kind], deviceId: { exact: id } } : WANTED[kind];
  }

  #keep(track, wish) {
    if (wish[track.kind] !== this.#wish[track.kind]) return track.stop();
    this.tracks[track.kind]?.stop();
    this.tracks[track.kind] = track;
    if (track.kind === "audio") track.enabled = !this.#muted;
    this.trouble[track.kind] = "";
    track.addEventListener("ended", () => this.#lost(track));
  }

  #lost(track) {
    if (this.tracks[track.kind] !== track) return;
    this.tracks[track.kind] = null;
    this.trouble[track.kind] = `The ${NAMES[track.kind]} went away.`;
    this.dispatchEvent(new CustomEvent("lost", { detail: track.kind }));
  }

  #stop(kind) {
    this.#wish[kind]++;
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
  }

  #insecure() {
    const words = "Browsers give camera and microphone only to pages with https in their address.";
    this.trouble = { audio: words, video: "" };
  }
}
