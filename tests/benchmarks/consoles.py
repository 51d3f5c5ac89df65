"""Scenarios C and V: pages of the console of a large company, and many consoles left open."""

import datetime
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from msgspec import Struct

from server.sessions import COOKIE
from tests.benchmarks import crowd, estate
from tests.benchmarks.estate import Estate, Extent
from tests.benchmarks.house import House, Served
from tests.benchmarks.process import free_port, serving
from tests.benchmarks.scenarios import Figures, Meter, settle

KB: Final = 1000
HTTP_OK: Final = 200
PER_PERSON: Final = 10
BARE: Final = Path(__file__).with_name("bare_page.py")


class Desk(Struct, frozen=True, kw_only=True):
    """How large the company is, how often a page is asked for, consoles, and how long they idle.

    `crowd` is how many more tickets are open in the end.
    """

    extent: Extent = Extent()
    crowd: int = 100_000
    times: int = 30
    listeners: int = 50
    idle_s: float = 20.0


class Fetched(Struct, frozen=True):
    """What came of a request."""

    status: int
    bytes: int
    packed: bool


class Browser:
    """A kept-alive connection with a session's cookie."""

    def __init__(self, port: int, token: str = "") -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=120)
        self._told = {"Cookie": f"{COOKIE}={token}; fieldfare_language=en", "Accept": "text/html"}

    def get(self, path: str, accepts: str = "gzip") -> Fetched:
        """One page, as it travels."""
        self._line.request("GET", path, headers={**self._told, "Accept-Encoding": accepts})
        answer = self._line.getresponse()
        content = answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return Fetched(answer.status, len(content), packed)

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def addresses(known: Estate) -> dict[str, str]:
    """The pages that are measured, by name."""
    return {
        "health": "/health",
        "start": "/",
        "board": "/board",
        "tickets": "/tickets",
        "tickets_found": "/tickets?q=S%C3%B6hne",
        "ticket": f"/tickets/{known.ticket}",
        "work_order": f"/work-orders/{known.order}",
        "assign": f"/work-orders/{known.order}/assign",
        "intake": "/tickets/new",
        "customers": "/customers?q=S%C3%B6hne",
        "search": "/search?q=pump",
        "stock": f"/stock/{known.van}",
        "conflicts": "/conflicts",
        "phones": "/phones",
        "people": "/people",
        "audit": "/audit",
    }


def pages(house: House, desk: Desk, folder: Path) -> Figures:
    """C: CPU ms of the server, bytes raw and as they travel; the floor draws as many bytes."""
    known = estate.fill(house, desk.extent)
    settle(house)
    token = estate.desk(house)
    browser = Browser(house.port, token)
    found: Figures = {"orders": known.orders, "floor": {}}
    raw: dict[str, int] = {}
    for name, path in addresses(known).items():
        plain, packed = browser.get(path, "identity"), browser.get(path)
        assert (plain.status, packed.status) == (200, 200), (path, plain.status)
        raw[name] = plain.bytes
        found[f"{name}_ms"] = _cpu_ms(house, browser, path, desk.times)
        found[f"{name}_raw_kb"] = plain.bytes / KB
        found[f"{name}_kb"] = packed.bytes / KB
    browser.close()
    found |= crowded(house, desk, token, raw)
    with _bare(folder) as bare:
        browser = Browser(bare.port)
        for name, size in raw.items():
            path = f"/page?chars={size}"
            browser.get(path)
            found["floor"][f"{name}_ms"] = _cpu_ms(bare, browser, path, desk.times)
        browser.close()
    return found


CROWDED: Final = {
    "crowded_first": "/tickets",
    "crowded_at_risk": "/tickets?tab=at_risk",
    "crowded_newest": "/tickets?order=newest",
    "crowded_start": "/",
    "crowded_feedback": "/feedback",
    "crowded_closed_feedback": "/feedback?show=closed",
}
# What is reckoned once and then kept: how dear the first look is counts, too.
RECKONED: Final = {"crowded_figures": "/figures", "crowded_content": "/figures/satisfaction"}


def crowded(house: House, desk: Desk, token: str, raw: dict[str, int]) -> Figures:
    """The queue, the start page, figures and feedback with a crowd of open tickets.

    `counted` is the first page after something has been said: the tabs are counted anew.
    """
    found: Figures = {"open_tickets": crowd.gather(house, desk.crowd)}
    settle(house)
    browser = Browser(house.port, token)  # a new line: nobody keeps an idle one so long
    found["crowded_counted_ms"] = _cpu_ms(house, browser, "/tickets", 1)
    months = _fortnight(house)
    for name, path in RECKONED.items():
        found[f"{name}_first_ms"] = _cpu_ms(house, browser, f"{path}?{months}", 1)
    reckoned = {name: f"{path}?{months}" for name, path in RECKONED.items()}
    for name, path in {**CROWDED, **reckoned}.items():
        fetched = browser.get(path, "identity")
        assert fetched.status == HTTP_OK, (path, fetched.status)
        raw[name] = fetched.bytes
        found[f"{name}_ms"] = _cpu_ms(house, browser, path, desk.times)
    browser.close()
    return found


def _fortnight(house: House) -> str:
    """The months in which the crowd came, as pages are asked for them."""
    days = (
        datetime.datetime.fromtimestamp(at / 1000, house.office.settings.zone)
        for at in (house.office.now_ms() - crowd.FORTNIGHT * crowd.MINUTE_MS, house.office.now_ms())
    )
    first, last = (f"{day:%Y-%m}" for day in days)
    return f"first={first}&last={last}"


def _cpu_ms(served: Served, browser: Browser, path: str, times: int) -> float:
    meter = Meter(served.cpu_s)
    for _ in range(times):
        browser.get(path)
    return meter.read()[0] / times * 1000


@contextmanager
def _bare(folder: Path) -> Iterator[Served]:
    port = free_port()
    with serving([sys.executable, BARE, "--port", str(port)], port, folder / "bare.log") as pid:
        yield Served(port=port, pids=[pid])


def listening(house: House, desk: Desk) -> Figures:
    """V: CPU of the server, ms in a second, while consoles are open and nothing happens.

    The floor is the same server while none is.
    """
    settle(house)
    alone = _idle(house, desk.idle_s)
    with ExitStack() as lines:
        for number in range(0, desk.listeners, PER_PERSON):
            token = estate.desk(house, 1 + number)
            for _ in range(min(PER_PERSON, desk.listeners - number)):
                lines.enter_context(_open(house.port, token))
        settle(house)
        open_ms = _idle(house, desk.idle_s)
    return {
        "consoles": desk.listeners,
        "cpu_ms_per_s": open_ms,
        "floor": {"cpu_ms_per_s": alone},
    }


def _idle(house: House, seconds: float) -> float:
    meter = Meter(house.cpu_s)
    time.sleep(seconds)
    cpu, wall = meter.read()
    return cpu / wall * 1000


def _open(port: int, token: str) -> socket.socket:
    """A console that listens; what it is told stays in the line."""
    line = socket.create_connection(("127.0.0.1", port))
    asked = (
        "GET /live HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: {COOKIE}={token}",
        "Accept: text/event-stream",
    )
    line.sendall(("\r\n".join(asked) + "\r\n\r\n").encode())
    begun = line.recv(4096)
    assert b" 200 " in begun.splitlines()[0], begun
    return line
