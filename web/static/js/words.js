// The words of the call page. Calm, plain and true; one place, so that the same thing is always called the same.

/** Levels of distance: their name, how a person is then seen, and what it means when chosen for oneself. */
export const LEVEL_WORDS = Object.freeze({
  clear: { name: "Clear", seen: "clearly", own: "They see you as your camera does." },
  soft: { name: "Softened", seen: "softened", own: "They see your face and posture with little detail." },
  veiled: { name: "Veiled", seen: "veiled", own: "They see light, shape and movement, like dusk through frosted glass." },
  "audio-only": { name: "Audio only", seen: "not at all", own: "Nobody gets a picture of you." },
});

/** What takes the place of a level's own words where there is no camera at all. */
export const NO_CAMERA = "You have no camera, so nobody gets a picture of you.";

/** "A", "A and B", "A, B and C". */
export const list = (names) => new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);

/** "30 seconds", "1 minute", "2 minutes". */
export function lengthWords(seconds) {
  if (seconds % 60 === 0) return seconds === 60 ? "1 minute" : `${seconds / 60} minutes`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

/** "2 more minutes", "1 more minute", "45 more seconds". */
export const moreWords = (seconds) => lengthWords(seconds).replace(" ", " more ");

/** What an `error` of the server means for the person who pressed something; its code is stable, its detail is the fallback. */
const ERRORS = {
  "floor-taken": "Someone else has just taken the talking stick.",
  "not-holder": "You don't have the talking stick any more.",
  "already-queued": "You have already asked for the talking stick.",
  "proposal-open": "There is already a question like this one waiting for an answer.",
  "unknown-proposal": "That question is no longer open.",
  unchanged: "It is so already.",
  "wrong-phase": "This isn't possible at the moment.",
  "not-present": "That person isn't here at the moment.",
  forbidden: "This isn't yours to do in this call.",
  "too-many": "That was a little fast. Please try again in a moment.",
  "too-busy": "The server is busy just now.",
};

/** The sentence for a failed request. */
export function errorWords(error) {
  if (error.name === "LineDropped") return "The line dropped, so this may not have been done.";
  return ERRORS[error.code] ?? error.message;
}

/** Why the call page closed: heading, sentence, and whether coming back makes sense. */
const CLOSINGS = {
  left: { heading: "You have left", words: "Your camera and microphone are off. Nobody in the call sees or hears you.", back: true },
  replaced: {
    heading: "This call is open somewhere else",
    words: "You came in again in another tab or on another device, so this page has let go. It sends and receives nothing.",
    back: true,
  },
  ended: { heading: "The call has ended", words: "Your camera and microphone are off. Nothing was recorded. Take a moment before whatever comes next." },
  "ended-together": {
    heading: "The call has ended",
    words: "You ended this call together. Your camera and microphone are off. Nothing was recorded. Take a moment before whatever comes next.",
  },
  "ended-by-both": {
    heading: "The call has ended",
    words: "Both partners ended this call together. Your camera and microphone are off. Nothing was recorded.",
  },
  "ended-closing": {
    heading: "The call has ended",
    words: "Each of you had a closing word, and the call ended with it, as you agreed: nothing comes after. Your camera and microphone are off. Nothing was recorded.",
  },
  "ended-complete": {
    heading: "The call has ended",
    words: "What you agreed on is complete, and the call ended with it: nothing comes after. Your camera and microphone are off. Nothing was recorded.",
  },
  cancelled: { heading: "The call was cancelled", words: "It does not take place. Your camera and microphone are off." },
  "call-cancelled": { heading: "The call was cancelled", words: "It does not take place. Your camera and microphone are off." },
  "call-over": { heading: "This call is over", words: "Its time has passed. Your camera and microphone are off." },
  "call-not-open": { heading: "The door is not open yet", words: "", back: true },
  "not-agreed": { heading: "Not everyone has said yes yet", words: "This call takes place once both partners have said that they will come.", back: true },
  "call-full": { heading: "Every seat is taken", words: "This call has no seat left at the moment.", back: true },
  "too-busy": {
    heading: "The server is full at the moment",
    words: "As many calls take place as it can hold. Your camera and microphone are off, and your link stays good.",
    back: true,
    next: "You can come back in after a few minutes, or close this page.",
  },
  "call-unknown": { heading: "There is no call here", words: "It may no longer be kept. Your camera and microphone are off." },
  unauthorised: { heading: "This call needs your own link", words: "Please open the link that was sent to you once more.", next: "" },
  "ambiguous-participant": { heading: "Please open your own link again", words: "This browser holds more than one link of this call.", next: "" },
  "too-large": { heading: "The server closed the line", words: "This page sent more than the server takes.", back: true },
  "too-many": { heading: "This call is open too many times", words: "Please close other tabs of this call, then come back in.", back: true },
  flooding: { heading: "The server closed the line", words: "This page sent too much at once.", back: true },
};

/** Words for a goodbye, and what can be done next; an unknown code gets the server's own sentence. */
export function closingWords({ code, detail }) {
  const { heading, words, back = false, next } = CLOSINGS[code] ?? { heading: "The call closed on this page", words: "", back: true };
  const onward = back ? "You can come back in, or close this page." : "You can close this page.";
  return { heading, words: words || detail || "", back, next: next ?? onward };
}
