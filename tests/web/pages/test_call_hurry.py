"""A line that is taken up again in a hurry: nothing that the one before was waiting for may end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.asyncio(loop_scope="module")]

# The page's own module on sockets and a clock of the test's own. What happens stands for PLAY.
STAGE = """async () => {
  const { SignalingClient } = await import("/static/js/signaling-client.js");
  let now = 0;
  let timers = [];
  const pass = (ms) => {
    now += ms;
    const due = timers.filter((timer) => timer.at <= now);
    timers = timers.filter((timer) => timer.at > now);
    for (const { run } of due) run();
  };
  const real = { setTimeout, clearTimeout, setInterval, WebSocket };
  const clock = performance.now;
  const sockets = [];
  class FakeSocket {
    static OPEN = 1;
    readyState = 0;
    constructor() { sockets.push(this); }
    send(text) { this.sent = JSON.parse(text); }
    close() { this.readyState = 3; }
    joins() { this.readyState = 1; this.onopen(); }
    welcomes() {
      for (const message of [{ type: "welcome", resume: "w" }, { type: "ok", re: this.sent.id }])
        this.onmessage({ data: JSON.stringify(message) });
    }
  }
  let last = 0;
  globalThis.setTimeout = (run, ms) => { timers.push({ id: ++last, at: now + ms, run }); return last; };
  globalThis.clearTimeout = (id) => { timers = timers.filter((timer) => timer.id !== id); };
  globalThis.setInterval = () => 0;
  globalThis.WebSocket = FakeSocket;
  performance.now = () => now;
  try {
    const client = new SignalingClient("ws://call");
    client.open();
    sockets[0].joins();
    sockets[0].welcomes();
    sockets[0].onclose({ code: 1006 });
    PLAY
    pass(30000);
    return [sockets.length, client.line];
  } finally {
    Object.assign(globalThis, real);
    performance.now = clock;
  }
}"""


# Joined and never welcomed, then given up for the next one.
GIVEN_UP = """
    pass(1000);
    sockets[1].joins();
    pass(2000);
    client.hurry();
    sockets[2].joins();
    sockets[2].welcomes();
"""
# A server that is not there yet: the first try fails at once, the second succeeds.
REFUSED = """
    pass(1000);
    sockets[1].onclose({ code: 1006 });
    pass(1600);
    sockets[2].joins();
    sockets[2].welcomes();
"""


async def test_what_a_given_up_socket_waited_for_does_not_end_the_next_one(page: Page, stage: Any) -> None:
    """The answer to a `join` that was lost on the way is missing for ever; the line that came up since stays."""
    await page.goto(stage.call_url)
    assert await page.evaluate(STAGE.replace("PLAY", GIVEN_UP)) == [3, "open"]


async def test_a_try_that_failed_at_once_does_not_end_the_next_one(page: Page, stage: Any) -> None:
    """Its time for connecting is over when it has failed, not seconds later, when the line is there again."""
    await page.goto(stage.call_url)
    assert await page.evaluate(STAGE.replace("PLAY", REFUSED)) == [3, "open"]
