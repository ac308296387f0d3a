// One person's picture, which is never a stale one: it is shown only while the view allows it and a frame that arrived
// since then is on the screen, and it is covered again when no frame has come for a while. A step towards more distance covers a
// clear picture at once; only what is allowed fades in.
//
// When it comes by another way from now on, the last frame of the old way stays until the first one of the new.

import { rank } from "./conversation-state.js";
import { fits, isSmall, lookOf } from "./frame-size.js";

const STALE_MS = 3_000;
const LOOK_EVERY_MS = 500;

const trackOf = (video) => video?.srcObject?.getVideoTracks()[0] ?? null;

export class Picture {
  #distance = "audio-only";
  #look = "clear";
  #frame = { width: 0, height: 0 }; // the latest one's size
  #since = 0;
  #last = 0;
  #watch = 0;
  #coming = null; // an element behind the shown one, which waits for its first frame

  /** `changed(shown)` is called when the picture is shown or covered. */
  constructor(video, changed) {
    this.video = video;
    this.changed = changed;
    this.shown = false;
    this.#watch = setInterval(() => this.#coverIfStale(), LOOK_EVERY_MS);
    this.#cover();
    this.#expectFrame(video);
  }

  /** Show this track from its first frame on; null: no picture. */
  setTrack(track) {
    if (trackOf(this.#coming ?? this.video) === track) return;
    this.#drop(this.#coming);
    this.#coming = null;
    if (trackOf(this.video) === track) return;
    if (track !== null && this.shown) return this.#bring(track);
    this.#cover();
    give(this.video, track);
  }

  /** Whether this person's picture may be seen now, and how clearly. */
  allow(distance) {
    const before = this.#distance;
    if (distance === before) return;
    this.#distance = distance;
    this.video.parentElement.dataset.distance = distance;
    // The veil may be faster than the word of it: then what is shown is small already, and stays.
    const safe = before === "clear" && distance !== "audio-only" && isSmall(this.#frame);
    if (safe) this.#draw(this.#frame);
    else if (before === "audio-only" || rank(distance) > rank(before)) this.#cover();
  }

  /** What it is, for those who don't see it. */
  describe(words) {
    for (const video of this.#videos()) video.setAttribute("aria-label", words);
  }

  /** Let go of timers and the track. */
  end() {
    clearInterval(this.#watch);
    this.setTrack(null);
  }

  #videos() {
    return this.#coming ? [this.video, this.#coming] : [this.video];
  }

  #bring(track) {
    const video = this.video.cloneNode();
    video.muted = true;
    video.classList.add("covered", "at-once"); // the new way takes over without a fade
    this.#coming = video;
    this.video.after(video);
    this.#expectFrame(video);
    give(video, track);
  }

  #expectFrame(video) {
    video.requestVideoFrameCallback((now, frame) => {
      if (!this.#videos().includes(video)) return;
      this.#expectFrame(video);
      this.#last = performance.now();
      if (video === this.video) this.#frame = { width: frame.width, height: frame.height };
      if (this.#distance === "audio-only") return;
      if (!fits(frame, this.#distance)) return this.#cover();
      // A frame received before the view opened is an old picture drawn once more.
      if ((frame.receiveTime ?? now) < this.#since) return;
      this.#draw(frame);
      const isNew = video === this.#coming;
      if (isNew) this.#take(video);
      if (isNew || !this.shown) this.#set(true);
    });
  }

  #take(video) {
    const older = this.video;
    this.video = video;
    this.#coming = null;
    this.#frame = { width: video.videoWidth, height: video.videoHeight };
    video.classList.remove("covered");
    this.#drop(older);
  }

  #drop(video) {
    if (!video) return;
    video.srcObject = null;
    video.remove();
  }

  #draw(frame) {
    this.#look = lookOf(frame, this.#distance, this.#look);
    for (const video of this.#videos()) video.dataset.look = this.#look;
  }

  #cover() {
    this.#since = performance.now();
    this.#set(false);
  }

  #coverIfStale() {
    // A page in the background draws no frames; what is seen first on coming back is judged afresh.
    if (document.hidden) this.#last = performance.now();
    else if (this.shown && performance.now() - this.#last > STALE_MS) this.#cover();
  }

  #set(shown) {
    this.shown = shown;
    this.video.classList.toggle("covered", !shown);
    if (!shown) this.video.classList.remove("at-once");
    this.changed(shown);
  }
}

function give(video, track) {
  video.srcObject = track && new MediaStream([track]);
  video.play?.().catch(() => {}); // autoplay of a muted video; where it is refused nothing is shown
}
