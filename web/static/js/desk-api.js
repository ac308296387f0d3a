// A therapist's desk in the API; the cookie of the sign-in goes along by itself.

import { API, send } from "./api.js";

const DESK = `${API}/desk`;
const json = async (asked) => (await asked).json();

/** Whose desk it is and how their calls begin; a Problem with status 401 when nobody is signed in. */
export const fetchDesk = () => json(send("GET", DESK));
export const fetchCouples = async () => (await json(send("GET", `${DESK}/couples`))).couples;
export const askForLink = (email) => send("POST", `${DESK}/links`, { body: { email } });
export const signIn = (token) => send("POST", `${DESK}/sessions`, { body: { token } });
export const signOut = () => send("DELETE", `${DESK}/sessions`);
export const writeDefaults = (defaults) => json(send("PUT", `${DESK}/defaults`, { body: defaults }));

/** One page of calls, `coming` or `past`: {calls, next}. */
export function fetchCalls(when, after) {
  const query = new URLSearchParams({ when, limit: 20, ...(after && { after }) });
  return json(send("GET", `${API}/calls?${query}`));
}
