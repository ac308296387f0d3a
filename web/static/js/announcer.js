// What is said aloud by screen readers (politely, never over someone's words), and the short news that eyes can read.

import { byId, say, setText } from "./dom.js";
import { turnWords } from "./stick.js";
import { lengthWords } from "./words.js";
import { outcomeWords } from "./proposals.js";

const STOPPED = "Something failed on the server, so sound and picture are stopped for everyone.";
const NEWS_FOR_MS = 8_000;

export class Announcer {
  #said = "";
  #timer = 0;

  constructor(state) {
    this.state = state;
  }

  /** Say a turn change, once. */
  follow() {
    const words = turnWords(this.state);
    if (words === this.#said) return;
    this.#said = words;
    setText(byId("announcer"), words);
  }

  /** A `notice` of the server: some are worth a word. */
  notice(notice) {
    if (notice.code === "turn.ending") this.#endingWords(notice);
    const news = notice.code === "media.stopped" ? STOPPED : outcomeWords(notice);
    if (news) this.#news(news);
  }

  #endingWords({ seconds }) {
    const whose = this.state.holdsStick ? "your turn" : "this turn";
    setText(byId("announcer"), `About ${lengthWords(Math.round(seconds))} left in ${whose}.`);
  }

  #news(words) {
    say(byId("news"), words);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => say(byId("news"), ""), NEWS_FOR_MS);
  }
}
