// On a bad line a lost packet is sent again, but comes too late for a picture that is shown at once. While packets are asked for
// again, pictures wait a little longer; on a good line nothing waits.

const EVERY_MS = 2_000;
const ASKED_OFTEN = 3; // requests for lost packets in that time
const WAIT_MS = 250; // a round trip of a far line, and a second try
const CALM_FOR = 10; // looks without trouble before it is over

export class Patience {
  #asked = 0;
  #left = 0;

  constructor(peer) {
    this.peer = peer;
    setInterval(() => this.look(), EVERY_MS);
  }

  /** Whether pictures wait now. */
  get waiting() {
    return this.#left > 0;
  }

  /** See how often lost packets were asked for since the last look. */
  async look() {
    const connection = this.peer.connection;
    if (connection?.connectionState !== "connected") return;
    let asked = 0;
    for (const stat of (await connection.getStats()).values()) {
      if (stat.type === "inbound-rtp" && stat.kind === "video") asked += stat.nackCount ?? 0;
    }
    const often = asked - this.#asked >= ASKED_OFTEN;
    this.#asked = asked;
    this.#left = often ? CALM_FOR : Math.max(0, this.#left - 1);
    for (const receiver of connection.getReceivers()) {
      if (receiver.track.kind === "video") receiver.jitterBufferTarget = this.waiting ? WAIT_MS : null;
    }
  }
}
