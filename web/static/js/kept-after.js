// The page of a call that is over or was cancelled: what is kept about the one who reads is still theirs to see and to erase.

import { CallApi } from "./call-api.js";
import { offerWhatIsKept } from "./kept-about-me.js";

const page = document.querySelector("[data-call]");
offerWhatIsKept(new CallApi(page.dataset.call, new URLSearchParams(location.search).get("as")), page);
