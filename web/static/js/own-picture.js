// One's own picture, about as the others get it: shrunk to as few pixels as the server leaves of it, and scaled up again.

const LEAST_SIDE = 8;
const PIXELS = { soft: 64 * 48, veiled: 32 * 24 };
const NAMES = { soft: "Your own picture, softened", veiled: "Your own picture, veiled" };

/** The size a picture of this shape is shrunk to at a level, as the server reckons it: [columns, rows], even sides. */
export function grid(width, height, level) {
  const scale = Math.sqrt(PIXELS[level] / (width * height));
  return [width, height].map((side) => Math.max(LEAST_SIDE, 2 * Math.floor((side * scale) / 2 + 0.01)));
}

/** A frame with a video (clear), a canvas over it (softened, veiled), and words where there is no picture. */
export class OwnPicture {
  #level = "clear";

  /** `figure` holds the frame. */
  constructor(figure) {
    const frame = figure.querySelector(".own-frame");
    this.frame = frame;
    [this.video, this.canvas, this.words] = ["video", "canvas", ".no-picture"].map((part) => frame.querySelector(part));
    this.context = this.canvas.getContext("2d");
    this.#onFrame();
  }

  /** Show this track (null: none) at a level; `words` stand where no picture is shown. */
  show(track, level, words) {
    if ((this.video.srcObject?.getVideoTracks()[0] ?? null) !== track) this.#attach(track);
    if (level !== this.#level) this.#setLevel(level);
    const seen = track && level !== "audio-only";
    this.frame.dataset.level = seen ? level : "audio-only";
    this.words.textContent = seen ? "" : words;
  }

  /** Let go of the track. */
  end() {
    this.video.srcObject = null;
  }

  #attach(track) {
    this.#wipe();
    this.video.srcObject = track && new MediaStream([track]);
  }

  #setLevel(level) {
    this.#level = level;
    this.#wipe();
    this.canvas.setAttribute("aria-label", NAMES[level] ?? "");
    this.canvas.setAttribute("aria-hidden", String(!(level in NAMES))); // behind a clear picture it is empty
    this.#draw();
  }

  // Nothing of the level or the camera before stays on the canvas.
  #wipe() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  #onFrame() {
    this.video.requestVideoFrameCallback(() => {
      this.#draw();
      this.#onFrame();
    });
  }

  #draw() {
    const { videoWidth, videoHeight } = this.video;
    if (!(this.#level in PIXELS) || !videoWidth) return;
    const [columns, rows] = grid(videoWidth, videoHeight, this.#level);
    if (this.canvas.width !== columns) this.canvas.width = columns;
    if (this.canvas.height !== rows) this.canvas.height = rows;
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(this.video, 0, 0, columns, rows);
  }
}
