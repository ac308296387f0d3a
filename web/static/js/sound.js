// One person's sound, without a gap when it comes by another way from now on: what the old way has received plays to its end while
// the new one begins.

import { make } from "./dom.js";

const OLD_PLAYS_MS = 1_000;

export class Sound {
  #playing = []; // audio elements, the newest last

  /** `place` holds the elements; `blocked()` is called when the browser wants a press before it plays sound. */
  constructor(place, blocked) {
    this.place = place;
    this.blocked = blocked;
    this.#add(null);
  }

  /** The element that plays what comes now. */
  get element() {
    return this.#playing.at(-1);
  }

  /** Play this track; null: nothing. */
  setTrack(track) {
    const had = this.element.srcObject?.getAudioTracks()[0] ?? null;
    if (had === track) return;
    if (had === null || track === null) this.#take(track);
    else this.#follow(track);
  }

  /** After a press: play. */
  play() {
    for (const element of this.#playing) element.play().catch(() => this.blocked());
  }

  #take(track) {
    for (const older of this.#playing.slice(0, -1)) this.#drop(older);
    this.#give(this.element, track);
  }

  #follow(track) {
    const older = this.element;
    this.#add(track);
    setTimeout(() => this.#drop(older), OLD_PLAYS_MS);
  }

  #add(track) {
    const element = make("audio", { autoplay: true });
    this.place.append(element);
    this.#playing.push(element);
    this.#give(element, track);
  }

  #give(element, track) {
    element.srcObject = track && new MediaStream([track]);
    if (track) element.play().catch((error) => error.name === "NotAllowedError" && this.blocked());
  }

  #drop(element) {
    if (element === this.element) return;
    this.#playing = this.#playing.filter((one) => one !== element);
    element.srcObject = null;
    element.remove();
  }
}
