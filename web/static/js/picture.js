// One person's picture, which is never a stale one: it is shown only while the view allows it and a frame that arrived
// since then is on the screen, and it is covered again when no frame has come for a while.

const STALE_MS = 3_000;
const LOOK_EVERY_MS = 500;

export class Picture {
  #allowed = false;
  #since = 0;
  #last = 0;
  #watch = 0;

  /** `changed(shown)` is called when the picture is shown or covered. */
  constructor(video, changed) {
    this.video = video;
    this.changed = changed;
    this.shown = false;
    this.#watch = setInterval(() => this.#coverIfStale(), LOOK_EVERY_MS);
    this.#cover();
    this.#expectFrame();
  }

  /** Show this track from its first frame on; null: no picture. */
  setTrack(track) {
    if ((this.video.srcObject?.getVideoTracks()[0] ?? null) === track) return;
    this.#cover();
    this.video.srcObject = track && new MediaStream([track]);
    this.video.play?.().catch(() => {}); // autoplay of a muted video; where it is refused nothing is shown
  }

  /** Whether this person's picture may be seen now, and how clearly (styles add a little blur to small pictures). */
  allow(distance) {
    const allowed = distance !== "audio-only";
    this.video.dataset.distance = distance;
    if (allowed === this.#allowed) return;
    this.#allowed = allowed;
    this.#cover();
  }

  /** Let go of timers and the track. */
  end() {
    clearInterval(this.#watch);
    this.setTrack(null);
  }

  #expectFrame() {
    this.video.requestVideoFrameCallback((now, frame) => {
      this.#expectFrame();
      this.#last = performance.now();
      // A frame received before the view opened is an old picture drawn once more.
      if (!this.#allowed || (frame.receiveTime ?? now) < this.#since) return;
      if (!this.shown) this.#set(true);
    });
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
    this.changed(shown);
  }
}
