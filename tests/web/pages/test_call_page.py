"""The call page in a real Chromium, against a line that says what a test wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from signaling.calls import DoorRefusedError
from tests.web.pages.visits import enter, go_in, talk

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

EXTEND = {
    "id": "1", "kind": "extend", "by": "ben", "needs": ["anna", "ben"], "answers": {"ben": True},
    "expires_at": 1e9, "seconds": 120,
}  # fmt: skip


TRACKS = """async () => {
  const peer = holdspace.peer();
  const changed = () => new Promise((done) => peer.addEventListener("signalingstatechange", done, { once: true }));
  while (peer.signalingState !== "stable") await changed();
  await new Promise(requestAnimationFrame);
  const state = (element) => element.srcObject?.getTracks()[0].readyState;
  const entries = Object.entries(holdspace.people());
  return Object.fromEntries(entries.map(([id, { audio, video }]) => [id, `${state(audio)} ${state(video)}`]));
}"""


async def test_how_i_am_seen_is_told_before_i_am_ready(page: Page, stage: Any) -> None:
    """The chosen distance is acknowledged first; only then come the offer and `ready`."""
    await page.goto(stage.call_url)
    await page.locator("#before .level", has_text="Veiled").click()
    await enter(page)
    await stage.line.expect("ready")
    kinds = [m["type"] for m in stage.line.received]
    assert kinds[:2] == ["join", "distance.set"]
    assert stage.line.received[1]["outgoing"] == "veiled"


async def test_nobody_is_ready_whose_distance_was_refused(page: Page, stage: Any) -> None:
    """When the distance can't be set, neither an offer nor `ready` is sent, and the page says so."""
    stage.line.refuse["distance.set"] = ("failed", "That did not work.")
    await page.goto(stage.call_url)
    await page.locator("#before .level", has_text="Veiled").click()
    await enter(page)
    await expect(page.locator("#trouble")).to_have_text("That did not work.")
    assert {m["type"] for m in stage.line.received} == {"join", "distance.set"}


async def test_the_offer_has_own_media_and_a_pair_for_each_other_seat(page: Page, stage: Any) -> None:
    """Two sending m-lines, then a pair for each other seat, mapped to people by the answer."""
    await go_in(page, stage)
    sdp = (await stage.line.expect("offer"))["sdp"]
    kinds = [line.split()[0] for line in sdp.splitlines() if line.startswith("m=")]
    assert kinds == ["m=audio", "m=video"] * 3
    directions = [line for line in sdp.splitlines() if line in {"a=sendonly", "a=recvonly"}]
    assert directions == ["a=sendonly"] * 2 + ["a=recvonly"] * 4
    assert await page.evaluate(TRACKS) == {"ben": "live live", "doris": "live live"}


async def test_without_camera_and_microphone_one_goes_in_all_the_same(page: Page, stage: Any) -> None:
    """Refused devices are explained, and the offer keeps its shape without them."""
    await page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    await page.goto(stage.call_url)
    await expect(page.locator("#device-trouble")).to_contain_text("You can go on without.")
    await enter(page)
    assert (await stage.line.expect("offer"))["sdp"].count("m=") == 6
    await stage.line.expect("ready")
    await expect(page.locator("#mute")).to_be_disabled()


async def test_whose_turn_it_is_stands_in_words(page: Page, stage: Any) -> None:
    """Mine, another's and nobody's turn read differently, and whether I am heard follows the views."""
    await go_in(page, stage)
    await talk(stage, "anna")
    await expect(page.locator("#turn-words")).to_have_text("It is your turn.")
    await expect(page.locator("#heard-words")).to_have_text("You are heard by Ben and Dr Weiss.")
    await expect(page.locator("#announcer")).to_have_text("It is your turn.")
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_have_text("Ben has the talking stick.")
    await expect(page.locator("#heard-words")).to_have_text("You are not heard now. You are listening.")
    await talk(stage, None)
    await expect(page.locator("#turn-words")).to_have_text("Nobody has the talking stick.")
    await expect(page.locator("#heard-words")).to_have_text("Nobody is heard until someone takes the stick.")


async def test_the_countdown_runs_on_the_servers_clock(page: Page, stage: Any) -> None:
    """What is left is reckoned from the server's time, and counts down without further messages."""
    await go_in(page, stage)
    await talk(stage, "ben", left_s=63)
    await expect(page.locator("#clock")).to_have_text("1:03")
    await expect(page.locator("#clock")).to_have_text("1:01")


async def test_the_stick_is_handled_by_keyboard(page: Page, stage: Any) -> None:
    """Enter passes the stick, and the keyboard's place is not lost when the button goes."""
    await go_in(page, stage)
    await talk(stage, "anna")
    await page.get_by_role("button", name="Pass it to Ben").press("Enter")
    assert (await stage.line.expect("floor.pass"))["to"] == "ben"
    await talk(stage, "ben")
    await expect(page.locator("#turn-words")).to_be_focused()


async def test_a_proposal_is_answered_once(page: Page, stage: Any) -> None:
    """A question shows what is asked; yes goes out; after that only taking it back is offered."""
    await go_in(page, stage)
    stage.line.proposals = [EXTEND]
    await talk(stage, "ben")
    await expect(page.locator(".question")).to_have_text("Ben asks for 2 more minutes in this turn.")
    await page.get_by_role("button", name="Yes", exact=True).click()
    sent = await stage.line.expect("consent")
    assert (sent["proposal"], sent["answer"]) == ("1", True)
    stage.line.proposals = [{**EXTEND, "answers": {"ben": True, "anna": True}}]
    await stage.line.push()
    await expect(page.get_by_role("button", name="Yes", exact=True)).to_be_hidden()


async def test_how_others_see_me_is_what_the_views_say(page: Page, stage: Any) -> None:
    """The sentence follows the plan, not the choice."""
    await go_in(page, stage)
    stage.line.distance["outgoing"]["anna"] = "soft"
    await talk(stage, "ben")
    await expect(page.locator("#seen-words")).to_have_text(
        "Now: Ben and Dr Weiss see you softened, as you chose."
    )


async def test_a_refused_level_is_not_shown_as_chosen(page: Page, stage: Any) -> None:
    """When the server refuses, the pressed level goes back to the one that holds."""
    await go_in(page, stage)
    await talk(stage, "ben")
    stage.line.refuse["distance.set"] = ("failed", "That did not work.")
    await page.locator("#room .level", has_text="Softened").click()
    await expect(page.locator("#trouble")).to_have_text("That did not work.")
    await expect(page.locator("#room input[value=clear][name=outgoing]")).to_be_checked()


async def test_a_dropped_line_says_so_and_comes_back(page: Page, stage: Any) -> None:
    """A cut line is told, nothing is claimed meanwhile, and the page joins, and offers again where no media flow."""
    await go_in(page, stage)
    await talk(stage, "anna")
    await expect(page.locator("#turn-words")).to_have_text("It is your turn.")
    await stage.line.expect("offer")
    await stage.line.drop()
    await expect(page.locator("#line")).to_have_text("The line dropped. Coming back by itself …")
    await expect(page.locator("#heard-words")).to_have_text(
        "While the line is away, you may still be heard and seen."
    )
    assert await page.evaluate("holdspace.peer() !== null"), "media have a line of their own"
    await stage.line.expect("offer")
    await expect(page.locator("#line")).to_be_hidden()
    await expect(page.locator("#turn-words")).to_have_text("It is your turn.")
    assert stage.line.connections == 2


# Not before: what the server says in between would be heard after the sleep, and no time would have been spent away.
SLEEPS_WHEN_THE_LINE_DROPS = """() => {
  const now = Date.now, line = document.getElementById("line");
  new MutationObserver(() => line.hidden || (Date.now = () => now() + 3_600_000)).observe(line, { attributes: true });
}"""


async def test_whoever_was_long_away_comes_in_by_the_door(page: Page, stage: Any) -> None:
    """A laptop that slept for an hour opens no microphone when it wakes: the device check, and a press, as at first."""
    await go_in(page, stage)
    await talk(stage, "anna")
    stage.line.person("anna")["ready"] = False
    await page.evaluate(SLEEPS_WHEN_THE_LINE_DROPS)
    await stage.line.drop()
    await expect(page.get_by_role("button", name="I am here and ready")).to_be_visible()
    assert stage.line.connections == 3, "the line came back, and then the page began anew"
    assert "ready" not in [message["type"] for message in stage.line.received]


async def test_a_restarting_server_is_joined_again(page: Page, stage: Any) -> None:
    """After `bye` draining the page comes back, tells its distance again and is ready again."""
    await page.goto(stage.call_url)
    await page.locator("#before .level", has_text="Softened").click()
    await enter(page)
    await stage.line.expect("ready")
    await stage.line.expect("distance.set")
    stage.line.distance["outgoing"]["anna"] = "clear"
    stage.line.person("anna")["ready"] = False
    await stage.line.bye("draining")
    assert (await stage.line.expect("distance.set"))["outgoing"] == "soft"
    assert (await stage.line.expect("ready"))["ready"] is True


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        ("replaced", "This call is open somewhere else"),
        ("ended", "The call has ended"),
        ("cancelled", "The call was cancelled"),
    ],
)
async def test_a_goodbye_is_final_and_lets_go_of_the_devices(
    page: Page, stage: Any, code: str, heading: str
) -> None:
    """The page says why it closed, does not come back, and camera and microphone are off."""
    await go_in(page, stage)
    await stage.line.bye(code)
    await expect(page.locator("#closing-heading")).to_have_text(heading)
    assert await page.evaluate("holdspace.peer()") is None
    assert stage.line.connections == 1


async def test_a_reload_leads_straight_back_in(page: Page, stage: Any) -> None:
    """A reload in the conversation skips the check and keeps the distance."""
    await go_in(page, stage)
    await talk(stage, "ben")
    await page.reload()
    await expect(page.locator("#turn-words")).to_have_text("Ben has the talking stick.")
    await expect(page.locator("#before")).to_be_hidden()


async def test_leaving_is_one_press(page: Page, stage: Any) -> None:
    """Leave tells the server and closes at once, and a later reload shows the check again."""
    await go_in(page, stage)
    await page.get_by_role("button", name="Leave", exact=True).click()
    await stage.line.expect("leave")
    await expect(page.locator("#closing-heading")).to_have_text("You have left")
    await page.get_by_role("button", name="Come back in").click()
    await expect(page.locator("#before-heading")).to_be_visible()


PICTURE = """async () => {
  const { Picture } = await import("/static/js/picture.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const drawing = setInterval(() => context.fillRect(Math.random() * 99, 0, 9, 9), 30);
  const video = document.createElement("video");
  video.muted = true;
  video.className = "remote";
  document.body.prepend(video);
  let tell = () => {};
  const picture = new Picture(video, () => tell());
  const until = (shown) => new Promise((done) => (tell = () => picture.shown === shown && done()));
  const said = [picture.shown];
  picture.setTrack(canvas.captureStream(30).getVideoTracks()[0]);
  await new Promise((done) => setTimeout(done, 300));
  said.push(picture.shown);
  let waiting = until(true);
  picture.allow("clear");
  said.push(picture.shown);
  await waiting;
  said.push(picture.shown);
  picture.allow("audio-only");
  said.push(picture.shown, getComputedStyle(video).opacity);
  waiting = until(true);
  picture.allow("veiled");
  await new Promise((done) => setTimeout(done, 300));
  said.push(picture.shown); // frames come, and all of them are large
  canvas.width = 32;
  canvas.height = 24;
  await waiting;
  waiting = until(false);
  clearInterval(drawing);
  await waiting;
  picture.end();
  return [...said, "covered when stale"];
}"""


async def test_a_picture_is_never_stale(page: Page, stage: Any) -> None:
    """Frames or leave alone show nothing, audio-only covers at once, veiled shows no large frame, a stalled stream goes."""
    await page.goto(stage.call_url)
    said = await page.evaluate(PICTURE)
    assert said == [False, False, False, True, False, "0", False, "covered when stale"]


async def test_nothing_overflows_on_a_small_phone(page: Page, stage: Any) -> None:
    """At 360 px, with every choice open and long names, no page is wider than the screen."""
    stage.line.person("ben")["name"] = "Maximilian-Alexander von und zu Wolkenstein-Trostburg"
    await go_in(page, stage)
    stage.line.proposals = [EXTEND]
    await talk(stage, "anna")
    await page.get_by_role("button", name="More choices").click()
    await page.get_by_role("button", name="See myself").click()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_first_refusal_of_a_missing_cookie_looks_once_more(page: Page, stage: Any) -> None:
    """Without a cookie the page opens itself once more, and only then says that it needs one's own link."""
    stage.door.refusal = DoorRefusedError("unauthorised", "", 401)
    await page.goto(stage.call_url)
    await expect(page.get_by_role("heading", name="This call needs your own link")).to_be_visible()
    assert "again=1" in page.url


async def test_two_tabs_of_one_browser_hold_two_people(context: BrowserContext, stage: Any) -> None:
    """What a tab remembers is kept by participant: Ben's page shows the check though Anna has gone in."""
    first = await context.new_page()
    await go_in(first, stage)
    await first.goto(f"{stage.url}/calls/c1?as=ben")
    await expect(first.locator("#before-heading")).to_be_visible()
    await first.close()
