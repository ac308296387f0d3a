// A closed door that opens with time: look again now and then, and reload only when it has opened, so that nobody who reads the
// page (or has it read to them) is thrown back to its beginning every minute.

const EVERY_MS = 60_000;

/** Whether the door answers otherwise than with this page. */
async function hasChanged() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const here = document.querySelector("[data-refusal]").dataset.refusal;
    return !(await answer.text()).includes(`data-refusal="${here}"`);
  } catch {
    return false; // no network: the page stays, and looks again later
  }
}

setInterval(async () => {
  if (await hasChanged()) location.reload();
}, EVERY_MS);
