// A pressed button often disappears with the change it made: the keyboard's place is then the heading that tells of the change.

import { byId } from "./dom.js";

/** The headings that tell what goes on, the one in sight first. */
const HEADINGS = ["break-heading", "apart-heading", "turn-words"];

const inSight = (element) => element.isConnected && element.getClientRects().length > 0;

/** Make a change to the room, and put the keyboard on the heading in sight if what it was on has gone. */
export function keepPlace(change) {
  const before = document.activeElement;
  const inRoom = byId("room").contains(before);
  change();
  // Whatever changed may have placed it already.
  if (!inRoom || inSight(before) || byId("room").contains(focused())) return;
  HEADINGS.map(byId).find(inSight)?.focus({ preventScroll: true });
}

const focused = () => (inSight(document.activeElement) ? document.activeElement : null);
