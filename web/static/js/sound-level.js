// How loud a microphone is, for the bar in the device check. Nothing is kept and nothing leaves the page.

const FLOOR_DB = -60;

/** Measures one track at a time. */
export class SoundLevel {
  #context = null;
  #source = null;
  #analyser = null;
  #samples = new Float32Array(1024);

  constructor() {
    // Some browsers wait for a press before they measure anything; the bar stays at nought until then.
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.#wake());
  }

  /** Listen to this track; null: to none. */
  listen(track) {
    this.#source?.disconnect();
    this.#source = null;
    if (!track) return;
    this.#context ??= new AudioContext();
    this.#wake();
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  #wake() {
    if (this.#context?.state === "suspended") this.#context.resume().catch(() => {});
  }

  /** 0 to 100, on a scale of decibels as ears hear it. */
  percent() {
    if (!this.#source) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, x) => sum + x * x, 0) / this.#samples.length;
    const decibels = 10 * Math.log10(power || 1e-12);
    return Math.round(Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB)) * 100);
  }

  /** Let go of the sound hardware. */
  async close() {
    this.listen(null);
    await this.#context?.close();
    this.#context = null;
    this.#analyser = null;
  }
}
