// The time zones that this browser knows, to choose from while typing.

import { make } from "./dom.js";

/** Fill a <datalist>. */
export function offerZones(list) {
  list.replaceChildren(...Intl.supportedValuesOf("timeZone").map((zone) => make("option", { value: zone })));
}
