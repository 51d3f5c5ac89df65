"""Live updates: what open consoles hear, who hears what, and what a page does with it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from msgspec import structs
from playwright.sync_api import Page, expect

from server import queries, sessions
from server.live import LISTENERS_PER_PERSON_MAX, Live, Mark, News, read_mark
from server.sessions import COOKIE, Actor
from tests.console.conftest import Open
from tests.console.house import Console, Served
from tests.loops import in_thread

WAIT_S = 20.0
STOP_S = 5.0


def actor(console: Console, role: str) -> Actor:
    token = console.template.tokens[role]
    with console.office.reading() as books:
        found = sessions.person_of_session(books, token, console.now_ms)
    assert found is not None
    return found


def mark(console: Console) -> Mark:
    with console.office.reading() as books:
        epoch, size = queries.log_size(books)
    return Mark(epoch=epoch, size=size)


def ticket(console: Console) -> str:
    """A new ticket, in the signed log."""
    ((customer, site),) = console.ask("SELECT customer_id, id FROM site ORDER BY id LIMIT 1")
    args = {"customer": customer, "site": site, "problem": "No cooling", "channel": "phone"}
    args["priority"] = "normal"
    made = console.say("ticket.open", ("ticket", ""), **args)
    settled(console)
    return str(made.id)


def settled(console: Console) -> Mark:
    """The newest mark, once everything that others did here before is signed too."""
    console.now_ms += 2_000  # the notary signs once a second
    until = time.monotonic() + WAIT_S
    while console.ask("SELECT 1 FROM leaf WHERE number IS NULL LIMIT 1"):
        assert time.monotonic() < until, "the notary does not sign"
        threading.Event().wait(0.02)
    return mark(console)


def heard(console: Console, role: str, since: Mark | None) -> News | None:
    """The first thing that somebody hears from a process of its own, past a mark."""

    async def listen() -> News | None:
        live = Live(console.office)
        following = asyncio.create_task(live.follow())
        who = actor(console, role)
        try:
            async for news in live.listen(who.person.id, since, lambda: who):
                return news
        finally:
            live.close()
            following.cancel()
        return None

    news: News | None = in_thread(listen)
    return news


def test_whoever_may_read_a_thing_hears_that_it_changed_and_nothing_of_it(
    console: Console,
) -> None:
    """S13."""
    before = settled(console)
    made = ticket(console)
    news = heard(console, "dispatcher", before)
    assert news == News(mark=mark(console), things=(("ticket", made),))


def test_whoever_may_not_read_a_thing_does_not_hear_of_it(console: Console) -> None:
    """S13."""
    before = settled(console)
    ticket(console)
    assert heard(console, "technician", before) == News(mark=mark(console))


def test_after_a_gap_too_long_to_tell_everything_may_have_changed(console: Console) -> None:
    ticket(console)
    here = mark(console)
    assert heard(console, "dispatcher", Mark(epoch="another", size=3)) == News(mark=here, all=True)
    assert heard(console, "dispatcher", Mark(epoch=here.epoch, size=0)) == News(mark=here, all=True)


@pytest.mark.parametrize("ends", ["over", "password_must_change"])
def test_a_session_that_is_over_hears_no_more(console: Console, ends: str) -> None:
    """S13."""
    who = actor(console, "dispatcher")
    later = None if ends == "over" else structs.replace(who, must_change=True)
    asked: list[int] = []

    def once() -> Actor | None:
        asked.append(1)
        return who if len(asked) == 1 else later

    async def listen() -> list[News | None]:
        live = Live(console.office)
        following = asyncio.create_task(live.follow())
        told = []
        async for news in live.listen(who.person.id, None, once):
            told.append(news)
            ticket(console)
        live.close()
        following.cancel()
        return told

    assert len(in_thread(listen)) == 1


@pytest.mark.parametrize("text", ["", "abc", "abc-", "abc-1x", "-", "abc-" + "9" * 16, "abc-²"])
def test_a_mark_that_was_made_up_is_none(text: str) -> None:
    assert read_mark(text) is None


def test_a_mark_is_read_as_it_was_written() -> None:
    told = Mark(epoch="ab-12", size=7)
    assert read_mark(str(told)) == told


class Stream:
    """A stream of events as a program hears it; open until it is closed."""

    def __init__(self, served: Served, role: str = "dispatcher", **headers: str) -> None:
        cookies = {COOKIE: served.template.tokens[role]}
        self.client = httpx.Client(cookies=cookies, timeout=httpx.Timeout(WAIT_S))
        request = self.client.build_request("GET", f"{served.url}/live", headers=headers)
        self.response = self.client.send(request, stream=True)
        self.lines = self.response.iter_lines()

    def event(self) -> dict[str, str]:
        """The next event that tells of a change."""
        event: dict[str, str] = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            event[name] = value
            if not line and event.get("event") == "changed":
                return event
            if not line:
                event = {}
        raise AssertionError("the stream ended")

    def close(self) -> None:
        """Hang up."""
        self.response.close()
        self.client.close()


@pytest.fixture
def streams() -> Iterator[Callable[..., Stream]]:
    """Opens streams, closed at the end."""
    with ExitStack() as opened:

        def open_stream(served: Served, *role: str, **headers: str) -> Stream:
            stream = Stream(served, *role, **headers)
            opened.callback(stream.close)
            return stream

        yield open_stream


def test_a_lost_connection_goes_on_where_it_left_off(
    served: Served, streams: Callable[..., Stream]
) -> None:
    stream = streams(served)
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    event = stream.event()
    assert json.loads(event["data"]) == {"things": []}
    known = read_mark(event["id"])
    assert known is not None
    earlier = str(Mark(epoch=known.epoch, size=known.size - 20))
    again = streams(served, **{"Last-Event-ID": earlier}).event()
    assert json.loads(again["data"])["things"]  # which is what was not heard
    now = read_mark(again["id"])
    assert now is not None
    assert (now.epoch, now.size >= known.size) == (known.epoch, True)  # clocks go on beside


def test_one_person_may_not_take_every_seat_and_who_listens_is_in_nobodys_way(
    served: Served, streams: Callable[..., Stream]
) -> None:
    """S13."""
    for _ in range(LISTENERS_PER_PERSON_MAX):
        streams(served, "inspector").event()
    refused = streams(served, "inspector").response
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert streams(served, "finance").event()["event"] == "changed"
    began = time.monotonic()
    cookies = {COOKIE: served.template.tokens["administrator"]}
    for _ in range(20):
        assert httpx.get(f"{served.url}/account", cookies=cookies).status_code == 200
    assert time.monotonic() - began < WAIT_S


def listening(page: Page) -> Page:
    """A page once it hears."""
    page.wait_for_selector("body[data-heard=yes]", state="attached")
    return page


def add_person(page: Page, login: str, name: str) -> None:
    page.goto(page.url.partition("/people")[0] + "/people/new")
    page.locator("#f-login").fill(login)
    page.locator("#f-name").fill(name)
    page.get_by_label("Dispatcher").check()
    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("heading", name="One-time password").wait_for()


def test_what_a_colleague_adds_waits_above_until_it_is_asked_for(tab: Open) -> None:
    reader = listening(tab("/people", role="administrator"))
    writer = tab("/people", role="administrator")
    rows = reader.locator("#people tbody tr").count()
    add_person(writer, "live.one", "Live One")
    bar = reader.get_by_role("button", name="1 new. Show it")
    expect(bar).to_be_visible(timeout=WAIT_S * 1000)
    assert reader.locator("#people tbody tr").count() == rows
    bar.click()
    expect(reader.get_by_role("link", name="Live One")).to_be_visible()
    assert reader.locator("#people tr.fresh").count() == 1


def test_a_row_changes_in_place_and_what_somebody_is_typing_stays(tab: Open) -> None:
    reader = listening(tab("/people/ma.lei", role="administrator"))
    zones = reader.get_by_label("Zones")
    zones.fill("half a wor")
    writer = tab("/people/ma.lei", role="administrator")
    writer.get_by_label("Code").fill("T77")
    writer.get_by_role("button", name="Save").click()
    expect(writer.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    row = reader.locator("#people tr", has=reader.get_by_role("link", name="马磊"))
    expect(row).to_contain_text("T77", timeout=WAIT_S * 1000)
    assert zones.input_value() == "half a wor"
    expect(zones).to_be_focused()
    changed = reader.get_by_role("button", name="This has changed. Show it as it is now")
    expect(changed).to_be_visible()
    reader.get_by_role("button", name="Save").click()
    expect(reader.get_by_role("alert")).to_contain_text("Somebody else has changed this")
    assert reader.get_by_label("Zones").input_value() == "half a wor"


def turned(page: Page, *, away: bool) -> None:
    """Another tab is looked at, or this one again."""
    page.evaluate(
        "away => { Object.defineProperty(document, 'hidden', { configurable: true, value: away });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        away,
    )


def test_a_tab_nobody_looks_at_takes_no_line_and_misses_nothing(tab: Open) -> None:
    reader = listening(tab("/people", role="administrator"))
    turned(reader, away=True)
    expect(reader.locator("body")).to_have_attribute("data-heard", "")
    add_person(tab("/people", role="administrator"), "live.away", "Live Away")
    turned(reader, away=False)
    bar = reader.get_by_role("button", name="1 new. Show it")
    expect(bar).to_be_visible(timeout=WAIT_S * 1000)


@pytest.mark.slow
def test_the_server_stops_at_once_while_consoles_listen_and_they_hear_it_again(
    tab: Open, new_served: Served
) -> None:
    reader = listening(tab("/people", role="administrator", on=new_served))
    assert new_served.stop() < STOP_S
    assert new_served.process is not None
    assert new_served.process.returncode == 0
    lost = reader.get_by_text("No live updates just now. Trying again.")
    expect(lost).to_be_visible(timeout=WAIT_S * 1000)
    new_served.start()
    expect(lost).to_be_hidden(timeout=2 * WAIT_S * 1000)
