// What is said aloud by screen readers (politely, never over someone's words), and the short news that eyes can read.

import { byId, setText } from "./dom.js";
import { placeWords, prompts } from "./course.js";
import { turnWords } from "./turn-words.js";
import { LEVEL_WORDS, lengthWords } from "./words.js";
import { outcomeWords } from "./proposals.js";

const STOPPED = "Something failed on the server, so sound and picture are stopped for everyone.";
const DUE = "It is time to come back, if you can. If you can't, name another time: a “not yet” needs no reason.";
const NEWS_FOR_MS = 8_000;
/** What is worth a soft sound, and which. */
const CUES = {
  "turn.ending": "ending",
  "break.due": "ending",
  "phase.started": "begins",
  "mirror.started": "begins",
  "mirror.ended": "begins",
  "rest.started": "quiet",
  "rest.ended": "begins",
  "caucus.started": "quiet",
  "caucus.ended": "quiet",
  "caucus.over": "begins",
};

export class Announcer {
  #said = "";
  #timer = 0;
  #lowered = null; // the room's level that both have just said yes to; its own notice follows

  /** `cue(name)` plays a soft sound. */
  constructor(state, cue = () => {}) {
    Object.assign(this, { state, cue });
  }

  /** Say what goes on when it changes, or what is said of a break or a caucus in its place; it makes older news old. */
  follow(instead = "") {
    const words = instead || this.#present();
    if (words === this.#said) return;
    this.#said = words;
    setText(byId("announcer"), words);
    this.#news("");
  }

  /** A `notice` of the server: some are worth a word. */
  notice(notice) {
    if (notice.code in CUES) this.cue(CUES[notice.code]);
    if (notice.code === "turn.ending") this.#endingWords(notice);
    if (notice.code === "proposal.opened") this.#news(""); // the question itself is the news now
    const news = this.#newsOf(notice);
    if (news) this.#news(news);
  }

  // The phase, whose turn it is in it, and what it asks of whoever reads this.
  #present() {
    const { state } = this;
    const place = placeWords(state);
    const asked = prompts(state).map(({ whom, words }) => (whom ? `${whom}: ${words}` : words));
    const stop = /[.?!]$/.test(place) ? "" : "."; // a phase may be called by a question
    return [place && `${place}${stop}`, turnWords(state), ...asked].filter(Boolean).join(" ");
  }

  #newsOf(notice) {
    if (notice.code === "media.stopped") return STOPPED;
    if (notice.code === "break.due") return DUE;
    if (notice.code === "mirror.answered") return this.#answeredWords(notice);
    if (notice.code === "distance.room") return this.#roomWords(notice);
    if (notice.code === "line.slow") return this.#slowWords(notice);
    if (notice.code === "blur.full") return this.#fullWords(notice);
    if (notice.code === "proposal.accepted") this.#lowered = notice.level ?? null;
    return outcomeWords(this.state, notice);
  }

  // The one who said it knows.
  #answeredWords({ by, got_it: gotIt }) {
    if (by === this.state.me.id) return "";
    return gotIt ? `${this.state.name(by)}: “You got it.”` : `${this.state.name(by)}: “There is more.”`;
  }

  #roomWords({ by, level }) {
    const agreed = this.#lowered === level;
    this.#lowered = null;
    if (agreed) return "";
    const who = by === this.state.me.id ? "You" : this.state.name(by);
    return `${who} added distance for everyone: ${LEVEL_WORDS[level].name.toLowerCase()}.`;
  }

  #slowWords({ participant }) {
    if (participant === this.state.me.id) return "Your line is slow: you get softened pictures for a while. Sound comes first.";
    const name = this.state.name(participant);
    return `${name}'s line is slow, not ${name}: softened pictures reach them for a while.`;
  }

  #fullWords({ participant }) {
    const whose = participant === this.state.me.id ? "Your" : `${this.state.name(participant)}'s`;
    return `${whose} softened picture waits behind the veil until the server has room for it.`;
  }

  #endingWords({ seconds }) {
    const whose = this.state.holdsStick ? "your turn" : "this turn";
    setText(byId("announcer"), `About ${lengthWords(Math.round(seconds))} left in ${whose}.`);
  }

  #news(words) {
    setText(byId("news"), words); // its place is kept while it is empty
    clearTimeout(this.#timer);
    if (words) this.#timer = setTimeout(() => this.#news(""), NEWS_FOR_MS);
  }
}
