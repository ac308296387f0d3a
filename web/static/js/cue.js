// One soft sound before a turn ends, and when a break is over: two quiet notes, for one's own ears.

const QUIET = 0.06;
const NOTES = [523.25, 659.25]; // a third, upwards: nothing that alarms
const NOTE_S = 0.35;

export class Cue {
  #context = null;

  /** Play it once; where the browser wants a press first, nothing is heard. */
  play() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume().catch(() => {});
    NOTES.forEach((hertz, i) => this.#note(hertz, this.#context.currentTime + i * NOTE_S));
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
