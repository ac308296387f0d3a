// Looking again now and then, and at once when somebody comes back to the page; never twice at the same time.

const EVERY_MS = 20_000;

/** Call `look` again and again; what goes wrong on the way is left for the next time. */
export function repeatedly(look) {
  let looking = false;
  const again = async () => {
    if (looking || document.hidden) return;
    looking = true;
    try {
      await look();
    } catch {
      // No network, or a server that starts anew: the page stays as it is.
    }
    looking = false;
  };
  setInterval(again, EVERY_MS);
  document.addEventListener("visibilitychange", again);
}
