// What a local time means in a zone: one moment as a rule, none where the clocks jump over it, two where they go back.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The offsets that "2026-10-25T02:30" has in a zone, as "+02:00", the earlier moment first. */
export function offsetsOf(local, zone) {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return [];
  const near = [wall - DAY_MS, wall + DAY_MS].map((at) => offsetAt(at, zone));
  return [...new Set(near)]
    .filter((offset) => offsetAt(wall - offset * MINUTE_MS, zone) === offset)
    .sort((one, other) => other - one)
    .map(written);
}

/** Minutes east of UTC at a moment. */
function offsetAt(at, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at);
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === "timeZoneName").value) ?? [null, "+", "0", "0"];
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
}

function written(offset) {
  const two = (number) => String(number).padStart(2, "0");
  const away = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}
