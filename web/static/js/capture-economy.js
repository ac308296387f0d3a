// What leaves this device is no more than somebody sees: where all see me softened or veiled my camera's picture is sent small, where
// nobody gets one none is sent. It saves upload and battery and is no promise: the server keeps distance whatever arrives.

import { LEVELS, rank } from "./conversation-state.js";

// The server shrinks a softened picture to 64 x 48, a veiled one to 32 x 24: twice that and a little more is enough to shrink well.
const PIXELS = { soft: 160 * 120, veiled: 80 * 60 };
const VEILED_FRAMES_PER_S = 15;

/** What a sender is to do at a level, for a camera of this size: the fields of RTCRtpEncodingParameters. */
export function encodingFor(level, { width, height }) {
  const active = level !== "audio-only";
  const tooLarge = level in PIXELS && width && height ? Math.sqrt((width * height) / PIXELS[level]) : 1;
  const encoding = { active, scaleResolutionDownBy: Math.max(1, tooLarge) };
  return level === "veiled" ? { ...encoding, maxFramerate: VEILED_FRAMES_PER_S } : encoding;
}

export class CaptureEconomy {
  #done = new WeakMap(); // sender → what it was told last
  #busy = new WeakSet();

  /** `senders()`: those of my picture, on every connection that there is. */
  constructor(state, senders) {
    Object.assign(this, { state, senders });
  }

  /** Do what the latest views say, at once. While the line is away everything stays as it is. */
  follow() {
    if (this.state.current === null) return;
    const level = this.#nearest();
    for (const sender of this.senders()) this.#tell(sender, level);
  }

  /** The clearest that anybody sees me; before the talk nobody does. */
  #nearest() {
    const ranks = this.state.others.map((p) => rank(this.state.view(p.id, this.state.me.id).distance));
    return LEVELS[Math.min(LEVELS.length - 1, ...ranks)];
  }

  async #tell(sender, level) {
    const encoding = encodingFor(level, sender.track?.getSettings() ?? {});
    const wish = JSON.stringify(encoding);
    if (this.#done.get(sender) === wish || this.#busy.has(sender)) return;
    this.#busy.add(sender);
    let told = false;
    try {
      const parameters = sender.getParameters();
      const { maxFramerate: _, ...kept } = parameters.encodings[0] ?? {};
      parameters.encodings = [{ ...kept, ...encoding }];
      await sender.setParameters(parameters);
      this.#done.set(sender, wish);
      told = true;
    } catch {
      // Closed meanwhile, or a browser that can't: it sends as before, the server keeps the distance, and the next state tries again.
    }
    this.#busy.delete(sender);
    if (told) this.follow(); // the views may have changed meanwhile
  }
}
