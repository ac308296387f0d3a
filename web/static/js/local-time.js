// Times as this person's own clock shows them: every <time datetime="…"> of the page. The pages are in English, so the
// wording is too, whatever the browser speaks: "Sunday, 6 December 2026, 19:00".

const PARTS = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** The zone that this browser is in, by its IANA name. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment (Date) in words, in this browser's zone or another one. */
export function momentWords(at, zone = ZONE) {
  const part = Object.fromEntries(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.weekday}, ${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}`;
}

/** The same moment as another zone's clocks show it, "13:00 in New York"; empty where they show the same. */
export function elsewhereWords(at, zone) {
  const [here, there] = [momentWords(at), momentWords(at, zone)];
  if (here === there) return "";
  const [day, time] = [there.slice(0, -7), there.slice(-5)];
  return here.startsWith(day) ? `${time} in ${placeOf(zone)}` : `${day}, ${time} in ${placeOf(zone)}`;
}

const placeOf = (zone) => zone.split("/").at(-1).replaceAll("_", " ");

const formats = new Map();

function formatOf(zone) {
  if (!formats.has(zone)) formats.set(zone, new Intl.DateTimeFormat("en-GB", { ...PARTS, timeZone: zone }));
  return formats.get(zone);
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.textContent = `${momentWords(at)} (your time)`;
}
