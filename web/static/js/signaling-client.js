// One participant's line to the call: requests with answers, events, and coming back by itself when the line drops.

const PROTOCOL = "holdspace.v1";
const ANSWER_WITHIN_MS = 10_000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
// A lost network is mostly back within a minute, and then every second counts; after that the server is spared.
const HURRY_FOR_MS = 60_000;
const HURRIED_WAIT_MS = 1_200;
const HURRIED_CONNECT_MS = 3_000;
// The server speaks at least when spoken to: after this silence it is asked for a sign of life.
const QUIET_MS = 15_000;
const LOOK_EVERY_MS = 5_000;
const SIGN_WITHIN_MS = 4_000;
const OFFER_WITHIN_MS = 5_000;
/** Goodbyes after which the same line may simply be taken up again. */
const COME_AGAIN = new Set(["draining", "changed", "failed", "slow", "join-expected"]);
const COME_AGAIN_CLOSE = 4408;
/** What settles a request, where that is not the `ok`. */
const SETTLED_BY = { offer: "answer", "line.numbers": "numbers" };

/** Where no answer comes for less long a time the line is dead. */
const WITHIN_MS = { offer: OFFER_WITHIN_MS, candidate: SIGN_WITHIN_MS };

/** The server's `error`: nothing changed. */
export class Refused extends Error {
  constructor({ code, detail }) {
    super(detail || code);
    this.name = "Refused";
    this.code = code;
  }
}

/** The line dropped before the answer came: it is unknown whether the request was carried out. */
export class LineDropped extends Error {
  constructor() {
    super("the line dropped");
    this.name = "LineDropped";
  }
}

/**
 * Events: `line` (detail: "connecting" | "open" | "dropped" | "closed"), `welcome`, `conversation`, `answer`, `receive`, `notice` (detail: the
 * message), `closed` (detail: {code, detail}: the server said bye and we don't come back by ourselves).
 */
export class SignalingClient extends EventTarget {
  #socket = null;
  #pending = new Map();
  #nextId = 1;
  #wait = FIRST_WAIT_MS;
  #timer = 0;
  #wanted = false;
  #refusal = null;
  #goodbye = null;
  #resume = null; // the server's word by which it knows this page again
  #heardAt = 0;
  #heardOn = null; // the same by the clock on the wall, which goes on while a laptop sleeps
  #droppedAt = null;
  #triedAt = 0;

  constructor(url) {
    super();
    this.url = url;
    this.line = "idle";
    /** The longest time for which nothing was heard of the call, until the page has heeded it. */
    this.awayMs = 0;
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    setInterval(() => this.#listen(), LOOK_EVERY_MS);
  }

  /** Enter, and keep entered until `close` or the server's goodbye. */
  open() {
    this.#wanted = true;
    this.#wait = FIRST_WAIT_MS;
    this.#setLine("connecting");
    this.#connect();
  }

  /** Go: the server is told if it can be reached, and nothing is waited for. */
  leave() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: "leave" }));
    this.close();
  }

  /** The network is back, or may be: don't wait any longer. */
  hurry() {
    if (!this.#wanted || this.line !== "dropped") return;
    // One that has been trying for a while may have been lost on the way.
    if (this.#socket && performance.now() - this.#triedAt < HURRIED_WAIT_MS) return;
    this.#letGo();
    this.#connect();
  }

  /** Stop for good. */
  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#setLine("closed");
  }

  /** Send a message; resolves with the `ok` (`answer`, `numbers`), rejects with Refused or LineDropped. */
  request(type, fields = {}) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new LineDropped());
    const id = String(this.#nextId++);
    const settledBy = SETTLED_BY[type] ?? "ok";
    const within = WITHIN_MS[type] ?? ANSWER_WITHIN_MS;
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#drop(), within);
      this.#pending.set(id, { resolve, reject, timer, settledBy });
    });
    socket.send(JSON.stringify({ type, id, ...fields }));
    return answer;
  }

  #connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.url, PROTOCOL);
    this.#socket = socket;
    this.#triedAt = performance.now();
    this.#refusal = null;
    this.#goodbye = null;
    // A connection that neither opens nor fails must not keep us waiting for the system's own long time-out.
    this.#timer = setTimeout(() => this.#drop(), this.#hurried ? HURRIED_CONNECT_MS : ANSWER_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.request("join", this.#resume ? { resume: this.#resume } : {}).catch(() => {});
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => {
      // 44xx: closed on purpose, even if the words got lost on the way.
      if (code >= 4400 && code < 4500 && code !== COME_AGAIN_CLOSE) this.#goodbye ??= { code: "", detail: "" };
      if (socket === this.#socket) this.#closed();
    };
  }

  #receive(message) {
    const { type } = message;
    this.#heardAt = performance.now();
    const away = this.#heardOn === null ? 0 : Date.now() - this.#heardOn;
    this.#heardOn = Date.now();
    if (type === "welcome") {
      this.awayMs = Math.max(this.awayMs, away); // the page may not have asked before the line dropped again
      this.#wait = FIRST_WAIT_MS;
      this.#droppedAt = null;
      this.#resume = message.resume;
      this.#setLine("open");
    }
    if (type === "bye") this.#goodbye = message;
    // Before the welcome an error says why the door stays closed; the bye that follows only closes it.
    if (type === "error" && this.line !== "open") this.#refusal = message;
    if (message.re != null) this.#settle(message);
    this.dispatchEvent(new CustomEvent(type, { detail: message }));
  }

  #settle(message) {
    const pending = this.#pending.get(message.re);
    if (!pending || (message.type !== "error" && message.type !== pending.settledBy)) return;
    this.#pending.delete(message.re);
    clearTimeout(pending.timer);
    if (message.type === "error") pending.reject(new Refused(message));
    else pending.resolve(message);
  }

  /** The socket is silent or the network is gone: don't wait for its own close, which may take minutes. */
  #drop() {
    if (!this.#socket) return;
    this.#letGo();
    this.#closed();
  }

  #letGo() {
    if (!this.#socket) return;
    this.#socket.onclose = this.#socket.onopen = null;
    this.#socket.close();
    this.#socket = null;
    this.#giveUp();
  }

  // No answer comes by this socket any more, and none that is missing may end the next one.
  #giveUp() {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new LineDropped());
    }
    this.#pending.clear();
  }

  #closed() {
    clearTimeout(this.#timer); // a try that has failed already must not end the next one later
    this.#socket = null;
    this.#giveUp();
    if (!this.#wanted) return;
    const ending = COME_AGAIN.has(this.#goodbye?.code) ? null : this.#goodbye;
    if (ending) {
      this.#wanted = false;
      const detail = this.#refusal ?? ending;
      this.dispatchEvent(new CustomEvent("closed", { detail }));
      return;
    }
    this.#droppedAt ??= performance.now();
    this.#setLine("dropped");
    this.#timer = setTimeout(() => this.#connect(), this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, this.#hurried ? HURRIED_WAIT_MS : LONGEST_WAIT_MS);
  }

  get #hurried() {
    return this.#droppedAt !== null && performance.now() - this.#droppedAt < HURRY_FOR_MS;
  }

  // Media may flow while the socket is dead, and the server has let go of it: then nothing else would tell.
  #listen() {
    if (this.line !== "open" || performance.now() - this.#heardAt < QUIET_MS) return;
    this.request("candidate", { candidate: "" }).catch(() => {});
  }

  #setLine(line) {
    if (this.line === line && line !== "connecting") return;
    this.line = line;
    this.dispatchEvent(new CustomEvent("line", { detail: line }));
  }
}
