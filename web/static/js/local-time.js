// Times as this person's own clock shows them: every <time datetime="…"> of the page. The pages are in English, so the
// wording is too, whatever the browser speaks: "Sunday, 6 December 2026, 19:00".

const format = new Intl.DateTimeFormat("en-GB", {
  weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

/** A moment (Date) in words, in this browser's zone. */
export function momentWords(at) {
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.weekday}, ${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}`;
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.textContent = `${momentWords(at)} (your time)`;
}
