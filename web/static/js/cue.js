// Soft sounds for one's own ears: when a turn nears its end or a break is over, when something begins, and when it grows quiet.

const QUIET = 0.06;
const NOTE_S = 0.35;
/** What happens at once sounds once. */
const APART_S = 1;
/** In hertz; nothing that alarms. */
const NOTES = {
  ending: [523.25, 659.25], // a third, upwards
  begins: [587.33],
  quiet: [523.25, 392], // a fourth, downwards
};

export class Cue {
  #context = null;
  #until = 0;

  /** Play one of them, once; where the browser wants a press first, nothing is heard. */
  play(name = "ending") {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume().catch(() => {});
    const at = this.#context.currentTime;
    if (at < this.#until) return;
    this.#until = at + APART_S;
    NOTES[name].forEach((hertz, i) => this.#note(hertz, at + i * NOTE_S));
  }

  #note(hertz, at) {
    const tone = new OscillatorNode(this.#context, { frequency: hertz });
    const loudness = new GainNode(this.#context, { gain: 0 });
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(QUIET, at + 0.05);
    loudness.gain.linearRampToValueAtTime(0, at + NOTE_S);
    tone.connect(loudness).connect(this.#context.destination);
    tone.start(at);
    tone.stop(at + NOTE_S);
  }
}
