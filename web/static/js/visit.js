// What this tab remembers of the visit, so that a reload in the middle of a conversation leads straight back into it.
// It is gone with the tab, and forgotten on leaving.

const key = (callId, me) => `holdspace:${callId}:${me}`;

/** The remembered visit `{outgoing, devices}`, or null. */
export function recall(callId, me) {
  try {
    return JSON.parse(sessionStorage.getItem(key(callId, me)));
  } catch {
    return null; // storage is blocked or holds something else: then the check is shown again
  }
}

/** Remember the visit; where storage is blocked, nothing is remembered. */
export function remember(callId, me, visit) {
  try {
    sessionStorage.setItem(key(callId, me), JSON.stringify(visit));
  } catch {
    // Blocked storage costs only the short way back.
  }
}

/** Forget it. */
export function forget(callId, me) {
  try {
    sessionStorage.removeItem(key(callId, me));
  } catch {
    // Nothing was remembered then.
  }
}
