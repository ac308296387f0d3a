// The server's clock as seen from here, in seconds. It never reads the wall clock, so a wrong one here does no harm.

const KEPT = 16;

/**
 * Each message told us the server's time when it was sent, and arrived a little later. The sample that travelled
 * fastest lies nearest to the truth: it is the one with the greatest offset among the last few.
 */
export class ServerClock {
  #offsets = [];

  constructor(localSeconds = () => performance.now() / 1000) {
    this.local = localSeconds;
  }

  /** Take a message's `server_time` into account. */
  observe(serverTime) {
    this.#offsets.push(serverTime - this.local());
    if (this.#offsets.length > KEPT) this.#offsets.shift();
  }

  /** Forget all samples: the server may be another one, with another clock. */
  reset() {
    this.#offsets = [];
  }

  /** Seconds on the server's clock now; NaN before anything was heard. */
  now() {
    return this.#offsets.length ? this.local() + Math.max(...this.#offsets) : NaN;
  }
}
