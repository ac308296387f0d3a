// The HTTP API of /api/v1: how it is asked, and calls as whoever organises them needs it. Errors are problem+json (RFC 9457).

export const API = "/api/v1";
const BASE = `${API}/calls`;
const QUICK_MS = 3_000;

/** An answer that was a refusal: `status`, `detail`, and `errors: [{pointer, detail}]` for single fields. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || "The server did not accept this.");
    this.status = status;
    this.code = body.type;
    this.detail = this.message;
    this.errors = Array.isArray(body.errors) ? body.errors : [];
  }
}

/** The request did not reach the server, or no answer came back. */
export class Unreachable extends Error {}

/** Ask the API; the answer, or an error that says why there is none. */
export async function send(method, path, { bearer, body, signal } = {}) {
  const headers = {};
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", signal });
  } catch (cause) {
    throw new Unreachable("The server can't be reached just now.", { cause });
  }
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
  return response;
}

/** The address of a call in the API. */
export const ofCall = (id) => `${BASE}/${encodeURIComponent(id)}`;

/** Set up a call; the answer holds the links and the manage token, this once. */
export async function createCall(call, organizerKey) {
  const response = await send("POST", BASE, { body: call, bearer: organizerKey });
  return response.json();
}

/** A call as its organizer sees it; gives up after a few seconds, since somebody waits for it. */
export async function fetchCall(id, manageToken) {
  const response = await send("GET", ofCall(id), { bearer: manageToken, signal: AbortSignal.timeout(QUICK_MS) });
  return response.json();
}

/** Cancel a call for everyone, or a whole series from this call of it on. */
export async function cancelCall(id, manageToken, scope = "this") {
  await send("DELETE", `${ofCall(id)}?scope=${scope}`, { bearer: manageToken });
}

/** One person's calendar entry, as a Blob; the bearer is that person's invitation token. */
export async function fetchCalendar(id, invitationToken) {
  const response = await send("GET", `${ofCall(id)}/calendar.ics`, { bearer: invitationToken });
  return response.blob();
}
