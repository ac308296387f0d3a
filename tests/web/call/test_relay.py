"""Through a firewall that lets nothing by but the relay: real Chromium, forced to relay, and the real coturn."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from server.clock import utc_now
from server.secret import Pii
from server.turn import TurnPasses
from tests.web.call.coturn import Coturn, coturn
from tests.web.call.guests import Guest, assert_hears, assert_sees

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.web.call.conftest import Server
    from tests.web.call.fake_devices import FakeDevices

    Arrive = Callable[..., Awaitable[Guest]]

pytestmark = pytest.mark.chromium

LEFT_OUT = "no coturn here; to run this test: apt-get install coturn"
SECRET = "what the relay and the server share"
REFUSED = re.compile("The relay refused this connection; reload this page")

# No way but the relay, as behind a firewall that lets UDP to nowhere else.
RELAY_ONLY = """
const Connection = RTCPeerConnection;
window.RTCPeerConnection = class extends Connection {
  constructor(wanted) { super({ ...wanted, iceTransportPolicy: "relay" }); }
};
"""

# The first page of a tab is told this pass; after a reload the page has what the server gave it.
OTHER_PASS = """
if (!sessionStorage.getItem("had-other-pass")) {
  const Inner = RTCPeerConnection;
  window.RTCPeerConnection = class extends Inner {
    constructor(wanted) {
      sessionStorage.setItem("had-other-pass", "yes");
      super({ ...wanted, iceServers: wanted.iceServers.map((server) => ({ ...server, ...PASS })) });
    }
  };
}
"""

# On loopback a call is up before a browser has asked the relay: here the answer comes after the refusal.
AFTER_THE_REFUSAL = """
const Hasty = RTCPeerConnection;
window.RTCPeerConnection = class extends Hasty {
  constructor(wanted) {
    super(wanted);
    this.refused = new Promise((done) => {
      this.addEventListener("icecandidateerror", (event) => event.errorCode === 401 && done());
    });
  }
  async setRemoteDescription(answer) {
    await this.refused;
    return super.setRemoteDescription(answer);
  }
};
"""

# What kind of address the call uses at this end, and how much goes through it; null while there is none.
PAIR = """async () => {
  const all = new Map();
  (await window.holdspace.peer().getStats()).forEach((s) => all.set(s.id, s));
  const transport = [...all.values()].find((s) => s.type === "transport");
  const pair = all.get(transport?.selectedCandidatePairId);
  if (!pair) return null;
  const { candidateType, url } = all.get(pair.localCandidateId);
  return { type: candidateType, url, received: pair.bytesReceived, sent: pair.bytesSent };
}"""

# What the line for troubles says within five seconds: the page waits four before it speaks of a refusal.
TROUBLES = """async () => {
  const said = [];
  const line = document.getElementById("trouble");
  const watch = new MutationObserver(() => line.textContent && said.push(line.textContent));
  watch.observe(line, { childList: true, characterData: true, subtree: true });
  await new Promise((done) => setTimeout(done, 5000));
  watch.disconnect();
  return said;
}"""


@pytest.fixture
async def relay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[Coturn]:
    """A relay, and an environment in which the server shares its secret. By parameter: another secret, or TCP."""
    chosen = {"secret": SECRET, "transport": "udp", **getattr(request, "param", {})}
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip(LEFT_OUT)
    async with coturn(program, SECRET, tmp_path, transport=chosen["transport"]) as running:
        monkeypatch.setenv("HOLDSPACE_TURN_URLS", running.url)
        monkeypatch.setenv("HOLDSPACE_TURN_SECRET", chosen["secret"])
        monkeypatch.setenv("HOLDSPACE_MEDIA_ADDRESSES", "127.0.0.1")
        yield running


@pytest.mark.parametrize(
    "relay", [{"transport": "udp"}, {"transport": "tcp"}], indirect=True, ids=["udp", "tcp"]
)
async def test_two_hear_and_see_each_other_through_the_relay_alone(
    relay: Coturn, server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """With no other way open, be it UDP or TCP to the relay, both are heard and seen; every byte goes by the relay."""
    call = await server.schedule(format="open-talk")
    links = [person["invitation_url"] for person in call["participants"]]
    ash, birch = await asyncio.gather(
        arrive(links[0], devices["a"], scripts=(RELAY_ONLY,)),
        arrive(links[1], devices["b"], scripts=(RELAY_ONLY,)),
    )
    await asyncio.gather(ash.go_in(), birch.go_in())
    await asyncio.gather(assert_hears(birch, ash), assert_hears(ash, birch))
    await asyncio.gather(assert_sees(birch, ash, "clear"), assert_sees(ash, birch, "clear"))
    for guest in (ash, birch):
        pair = await guest.page.evaluate(PAIR)
        assert (pair["type"], pair["url"]) == ("relay", relay.url), pair
        assert min(pair["received"], pair["sent"]) > 1_000, pair
        await expect(guest.page.locator("#trouble")).to_have_text("")
    assert relay.said("ALLOCATE processed, success") >= 2
    ids = [person["id"] for person in call["participants"]]
    assert not [name for name in ids if relay.said(name)], "the relay learns who is who"


@pytest.mark.parametrize(
    "relay", [{"secret": "not what the relay knows"}], indirect=True, ids=["other-secret"]
)
async def test_a_wrong_secret_is_refused_and_the_page_says_so(
    relay: Coturn, server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Server and relay don't share their secret: nobody gets through, the person reads why, the page tries again."""
    call = await server.schedule(format="open-talk")
    ash = await arrive(call["participants"][0]["invitation_url"], devices["a"], scripts=(RELAY_ONLY,))
    await ash.enter()
    await assert_refused(relay, ash)
    await ash.page.evaluate("() => { window.holdspace.peer().isFirst = true; }")
    await ash.page.wait_for_function("() => window.holdspace.peer() && !window.holdspace.peer().isFirst")


async def test_an_expired_pass_is_refused_and_coming_again_brings_a_new_one(
    relay: Coturn, server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """A pass that was good until a minute ago lets nobody in; after a reload the same person is in."""
    call = await server.schedule(format="open-talk")
    passes = TurnPasses(Pii(SECRET), timedelta(hours=1))
    expired = passes.new("somebody", utc_now() - timedelta(hours=1, minutes=1))
    scripts = (RELAY_ONLY, OTHER_PASS.replace("PASS }", f"{json.dumps(expired)} }}"))
    ash = await arrive(call["participants"][0]["invitation_url"], devices["a"], scripts=scripts)
    await ash.enter()
    await assert_refused(relay, ash)

    await ash.page.reload()
    await ash.page.wait_for_function("() => window.holdspace.peer()?.connectionState === 'connected'")
    assert (await ash.page.evaluate(PAIR))["type"] == "relay"
    await expect(ash.page.locator("#trouble")).to_have_text("")
    assert relay.said("ALLOCATE processed, success")


async def test_a_refusal_is_nothing_to_speak_of_where_there_is_another_way(
    relay: Coturn, server: Server, arrive: Arrive, devices: dict[str, FakeDevices]
) -> None:
    """Without a firewall the call comes up beside a relay that refuses, and nobody is troubled with it."""
    call = await server.schedule(format="open-talk")
    scripts = (OTHER_PASS.replace("PASS }", '{ credential: "wrong" } }'), AFTER_THE_REFUSAL)
    ash = await arrive(call["participants"][0]["invitation_url"], devices["a"], scripts=scripts)
    await ash.go_in()
    assert await ash.page.evaluate(TROUBLES) == []
    assert relay.said("error 401")


async def assert_refused(relay: Coturn, guest: Guest) -> None:
    """The page says so in plain words; no pair of addresses works, nothing was allocated."""
    await expect(guest.page.locator("#trouble")).to_have_text(REFUSED, timeout=15_000)
    state: Any = await guest.page.evaluate("() => window.holdspace.peer()?.connectionState ?? 'none'")
    assert state != "connected"
    assert await guest.page.evaluate(PAIR) is None
    assert relay.said("ALLOCATE processed, success") == 0
    assert relay.said("error 401") > 0, relay.log.read_text(errors="replace")
