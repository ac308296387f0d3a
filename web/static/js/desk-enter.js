// The page of a mailed sign-in link: its button signs in. The secret leaves the address bar at once.

import { signIn } from "./desk-api.js";
import { byId, say } from "./dom.js";

const token = decodeURIComponent(location.pathname.split("/").at(-1));
history.replaceState(null, "", "/desk/enter/once");

byId("enter").addEventListener("click", async () => {
  byId("enter").disabled = true;
  try {
    await signIn(token);
    location.replace("/desk");
  } catch (error) {
    byId("enter").disabled = false;
    say(byId("enter-error"), `${error.message}`);
    byId("enter-again").hidden = false;
    byId("enter-error").focus();
  }
});
