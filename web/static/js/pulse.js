// Whether anything arrives from the server. It reports on a connection every second, whoever speaks or is seen, so that silence
// means a dead line and never a quiet call.

const EVERY_MS = 250;
const QUIET_MS = 3_000; // three reports in a row
const SUDDEN_MS = 1_250; // where packets came one after the other
const OFTEN = 8; // packets in one look
const SLEPT_MS = 2_000; // a look this late: the page or the computer slept, and knows nothing of that time

/** Event: `beat` (`alive` has changed). */
export class Pulse extends EventTarget {
  #connection = null;
  #packets = 0;
  #rate = 0; // packets in a look, of late: the last look before a silence has but a part
  #heardAt = 0;
  #lookedAt = 0;

  constructor() {
    super();
    this.alive = false;
    setInterval(() => this.#look(), EVERY_MS);
  }

  /** Watch this connection, which has just come up (null: none). */
  watch(connection) {
    this.#connection = connection;
    this.#packets = 0;
    this.#rate = 0;
    this.#heardAt = this.#lookedAt = performance.now();
    this.alive = connection !== null;
  }

  async #look() {
    const connection = this.#connection;
    if (!connection) return;
    const packets = await packetsIn(connection);
    if (connection !== this.#connection) return;
    const now = performance.now();
    if (now - this.#lookedAt > SLEPT_MS) this.#heardAt = now;
    this.#lookedAt = now;
    if (packets > this.#packets) {
      this.#rate = Math.max(packets - this.#packets, this.#rate / 2);
      this.#heardAt = now;
      this.#packets = packets;
    }
    this.#set(now - this.#heardAt < (this.#rate >= OFTEN ? SUDDEN_MS : QUIET_MS));
  }

  #set(alive) {
    if (alive === this.alive) return;
    this.alive = alive;
    this.dispatchEvent(new Event("beat"));
  }
}

async function packetsIn(connection) {
  for (const stat of (await connection.getStats()).values()) {
    if (stat.type === "transport") return stat.packetsReceived ?? stat.bytesReceived ?? 0;
  }
  return 0;
}
