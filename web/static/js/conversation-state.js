// What the server last said of the conversation, and the questions the page asks of it. Default-deny: what is
// unknown is neither heard nor seen.

const NOTHING = Object.freeze({ heard: false, distance: "audio-only", because: [] });
const ABSENT = Object.freeze({ present: false, ready: false, line: "good", left: false, microphone: true });

/** The levels of distance, from near to far. */
export const LEVELS = Object.freeze(["clear", "soft", "veiled", "audio-only"]);

/** How far a level is: 0 (clear) to 3 (audio only). */
export const rank = (level) => LEVELS.indexOf(level);

export class ConversationState {
  #known = null;
  #views = []; // of the latest state, also while the line is away: what arrives then is what was let through

  constructor(me, call, formats) {
    this.me = me;
    this.call = call;
    this.formats = formats;
    this.current = null;
  }

  /** Take the whole state from a `conversation` message; an older revision of the same connection is ignored. */
  take(message) {
    if (this.current && message.revision < this.current.revision) return false;
    this.current = message;
    this.#known = message.participants;
    this.#views = message.distance.views;
    return true;
  }

  /** The line is away, or is another one: what holds now is not known until the server says it anew. */
  lose() {
    this.current = null;
  }

  get phase() {
    return this.current?.phase ?? null;
  }

  get floor() {
    return this.current?.floor ?? null;
  }

  /** The course of a format with phases, its end included; null without one. */
  get course() {
    return this.floor?.course ?? null;
  }

  /** The phase of the course that goes on or is due; null without one, and once all are complete. */
  get step() {
    return this.course?.over ? null : this.course;
  }

  /** Whether the one with the stick has it for the present phase: not after a break, and not handed to them in between. */
  get speaksInCourse() {
    const { step, floor } = this;
    return step?.floor === "turn" && floor.holder !== null && floor.holder === step.speaker && !floor.return_turn;
  }

  /** The listener's slot to say back; null outside. */
  get mirror() {
    return this.floor?.mirror ?? null;
  }

  /** Whether a silence between two turns goes on. */
  get rests() {
    return (this.floor?.rest_ends_at ?? null) !== null;
  }

  /** The partners who are ready to go on from a phase or a silence. */
  get done() {
    return this.floor?.done ?? [];
  }

  /** The therapist is alone with one partner, or was until now; null outside. */
  get caucus() {
    return this.current?.caucus ?? null;
  }

  /** Whether the partners share no sound and no picture, as agreed. */
  get isShuttle() {
    return this.formats.find((f) => f.id === this.floor?.format)?.floor === "shuttle" || this.floor?.format === "shuttle";
  }

  get proposals() {
    return this.current?.proposals ?? [];
  }

  get participants() {
    return this.#known ?? this.call.participants.map((p) => ({ ...p, ...ABSENT }));
  }

  get others() {
    return this.participants.filter((p) => p.id !== this.me.id);
  }

  get self() {
    return this.participants.find((p) => p.id === this.me.id);
  }

  get isChair() {
    return this.me.role === "therapist";
  }

  get holdsStick() {
    return this.floor?.holder === this.me.id;
  }

  /** The name of a participant as people read it. */
  name(id) {
    return (
      this.participants.find((p) => p.id === id)?.name ?? this.call.participants.find((p) => p.id === id)?.name ?? "Someone"
    );
  }

  /** The two whose talk it is. */
  get partners() {
    return this.participants.filter((p) => p.role === "partner");
  }

  /** Those who take part: present, ready, and let in. */
  takesPart(id) {
    return this.#isWilling(id) && !this.awaitsAdmission(id);
  }

  #isWilling(id) {
    const person = this.participants.find((p) => p.id === id);
    return Boolean(person?.present && person?.ready);
  }

  /** The open question whether this therapist may take part. */
  admissionOf(id) {
    return this.proposals.find((p) => p.kind === "admit" && p.participant === id) ?? null;
  }

  /** Whether this therapist is ready, in a talk that goes on, and has not been let in (yet): nobody meets them. */
  awaitsAdmission(id) {
    return this.phase === "talking" && this.#isWilling(id) && this.participants.find((p) => p.id === id).admitted === false;
  }

  // Where nobody could see or hear them whatever anybody wished, no wish is named.
  #meets(viewer, subject) {
    const { heard, distance, because } = this.view(viewer, subject);
    return heard || distance !== "audio-only" || Boolean(because?.length);
  }

  /** The others with whom I am in the talk now: all who take part, or the other one of two who talk alone. */
  get company() {
    if (this.phase === "caucus") return this.others.filter((p) => this.#isWilling(p.id) && this.#meets(this.me.id, p.id));
    return this.phase === "talking" && this.takesPart(this.me.id) ? this.others.filter((p) => this.takesPart(p.id)) : [];
  }

  /** How `viewer` is given `subject`: {heard, distance, because}. */
  view(viewer, subject) {
    return this.#views.find((v) => v.viewer === viewer && v.subject === subject) ?? NOTHING;
  }

  /** How I said I want to be seen. */
  get outgoing() {
    return this.current?.distance.outgoing[this.me.id] ?? "clear";
  }

  /** How I said I want to see `of`. */
  incoming(of) {
    return this.current?.distance.incoming[this.me.id]?.[of] ?? "clear";
  }

  /** How I said `viewer` is to see me. */
  outgoingTo(viewer) {
    return this.current?.distance.outgoing_to[this.me.id]?.[viewer] ?? this.outgoing;
  }

  /** Whether this person only listens. */
  listens(id) {
    return this.current?.distance.listening?.includes(id) ?? false;
  }

  get room() {
    return this.current?.distance.room ?? "clear";
  }

  /** The others who hear me now. */
  get heardBy() {
    return this.others.filter((p) => this.view(p.id, this.me.id).heard);
  }

  /** The name of a format. */
  formatName(id) {
    return this.formats.find((f) => f.id === id)?.name ?? id;
  }
}
