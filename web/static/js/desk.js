// A therapist's desk: sign-in, or their calls and defaults.

import { copy } from "./copy.js";
import { fetchDesk, signOut } from "./desk-api.js";
import { chooseList, showCalls } from "./desk-calls.js";
import { offerDefaults } from "./desk-defaults.js";
import { offerSignIn } from "./desk-sign-in.js";
import { byId, setText } from "./dom.js";

async function open() {
  let desk;
  try {
    desk = await fetchDesk();
  } catch (error) {
    setText(byId("desk-trouble"), error.status === 401 ? "" : error.message);
    return offerSignIn();
  }
  setText(byId("whose"), desk.email);
  byId("at-desk").hidden = false;
  offerDefaults(desk.defaults);
  offerFeed(desk.feed_url);
  await showCalls("coming");
}

function offerFeed(address) {
  const field = byId("feed-url");
  field.value = address;
  field.addEventListener("focus", () => field.select());
  byId("copy-feed").addEventListener("click", () => copy(field, byId("feed-said")));
  byId("feed-open").href = address.replace(/^https?:/, "webcal:");
}

for (const when of ["coming", "past"]) {
  byId(`show-${when}`).addEventListener("click", async () => {
    chooseList(when);
    await showCalls(when);
  });
}
byId("sign-out").addEventListener("click", async () => {
  try {
    await signOut();
    location.reload();
  } catch (error) {
    setText(byId("desk-trouble"), `You are still signed in. ${error.message}`);
  }
});
await open();
