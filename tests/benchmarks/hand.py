"""A hand on a full phone, in a process of its own: screens read and drawn, jobs opened, searches.

`python hand.py FOLDER TIMES` prints JSON. All are milliseconds of CPU of the thread that draws,
the median of several; the software renderer's own threads are not in it, a phone has neither.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, Final

from mobile import main

main.prepare()

from kivy.base import EventLoop  # noqa: E402  only once Kivy has been told how to start
from kivy.core.window import Window  # noqa: E402
from kivy.uix.label import Label  # noqa: E402

from mobile.queries import clocks  # noqa: E402
from mobile.shell import Place  # noqa: E402
from mobile.views.job_card import JobCard as CardView, job_card  # noqa: E402
from mobile.views.today import today, wall_time, with_clocks  # noqa: E402
from mobile.widgets.job_card import JobCard  # noqa: E402
from tests.app.driver import LARGE, Driver  # noqa: E402
from tests.app.folders import NOW_MS  # noqa: E402

SECTIONS: Final = ("details", "checklist", "parts", "notes", "history")
SIGNS: Final = "空调热水器冷库"
PART_SIGNS: Final = "滤压门膨主"
CARD_WIDTH: Final = 380
Figures = dict[str, float]


def cpu_ms(act: Callable[[], Any]) -> float:
    """CPU of this thread for one act."""
    before = time.thread_time()
    act()
    return (time.thread_time() - before) * 1000


def median_ms(acts: Sequence[Callable[[], Any]]) -> float:
    """The median over acts of one sort."""
    return median(cpu_ms(act) for act in acts)


def then_drawn(act: Callable[[], Any]) -> Callable[[], None]:
    """An act up to the frame that shows it."""

    def run() -> None:
        act()
        EventLoop.idle()

    return run


def lists(driver: Driver, times: int) -> Iterator[tuple[str, float]]:
    """The first screen: what it reads, what it makes of that, and the frame."""
    queries, words = driver.app.phone.queries, driver.app.words
    yield "today_read_ms", median_ms([queries.jobs] * times)
    jobs = queries.jobs()
    yield "today_view_ms", median_ms([lambda: today(jobs, words, NOW_MS)] * times)
    yield "today_shown_ms", median_ms([lambda: _shown(driver)] * times)
    yield "today_clocks_anew_ms", median_ms([lambda: _shown(driver, anew=True)] * times)
    page = driver.page
    yield "today_drawn_ms", median_ms([then_drawn(page.refresh)] * times)


def _shown(driver: Driver, *, anew: bool = False) -> None:
    """From the query to the view with its clocks; anew: as in the first second of a minute."""
    if anew:
        clocks.forget()
    found, words = driver.app.phone.queries.jobs(), driver.app.words
    with_clocks(today(found, words, NOW_MS).groups, found, words, NOW_MS)


def searches(driver: Driver, job: str, times: int) -> Iterator[tuple[str, float]]:
    """One character typed, in the list of jobs and in the list of parts."""
    queries = driver.app.phone.queries
    driver.go("jobs")
    page, signs = driver.page, cycle(SIGNS)
    page.typed("冷")
    EventLoop.idle()
    yield "find_jobs_ms", median_ms([lambda: queries.find_jobs(next(signs))] * times)
    typed = [then_drawn(lambda: page.typed(next(signs)))] * times
    yield "find_jobs_drawn_ms", median_ms(typed)
    page.typed("")
    parts = cycle(PART_SIGNS)
    yield "find_parts_ms", median_ms([lambda: queries.find_parts(next(parts))] * times)
    driver.go("parts", id=job)
    driver.app.show_sheet("find_part", job=job, purpose="use")
    driver.frames(2)
    field = driver.sheet.field
    shown = [then_drawn(lambda: field.dispatch("on_typed", next(parts)))] * times
    yield "find_parts_drawn_ms", median_ms(shown)
    driver.app.close_sheet()


def openings(driver: Driver, jobs: Sequence[str]) -> Iterator[tuple[str, float]]:
    """A job that was not open before, and each of its sections, up to the frame."""
    for name in ("work_order", *SECTIONS):
        first, *others = [_opening(driver, name, job) for job in jobs]
        yield f"open_{name}_first_ms", cpu_ms(first)
        yield f"open_{name}_ms", median_ms(others)


def _opening(driver: Driver, name: str, job: str) -> Callable[[], None]:
    return then_drawn(lambda: driver.app.go(Place(name, {"id": job})))


def cards(driver: Driver, count: int) -> Iterator[tuple[str, float]]:
    """One card that was never drawn before, full and compact, beside one label of Kivy."""
    jobs, words = driver.app.phone.queries.jobs(), driver.app.words
    wall = wall_time(jobs, words, NOW_MS)
    views = [job_card(job, words, wall) for job in jobs[:count]]
    yield "card_full_ms", median_ms([_card(view, compact=False) for view in views])
    yield "card_compact_ms", median_ms([_card(view, compact=True) for view in views])
    labels = [_label(f"{view.title} {view.customer}") for view in views]
    yield "label_ms", median_ms(labels)


def _card(view: CardView, *, compact: bool) -> Callable[[], Any]:
    return lambda: JobCard(card=view, compact=compact, width=CARD_WIDTH)


def _label(text: str) -> Callable[[], Any]:
    def made() -> Label:
        label = Label(text=text)
        label.texture_update()
        return label

    return made


def measure(folder: Path, times: int) -> Figures:
    """Everything, in the order of a morning."""
    main.wait_for_each_frame(Window)
    driver = Driver().start(folder, size=LARGE, now_ms=NOW_MS, language="zh")
    jobs = [one.id for one in driver.app.phone.queries.jobs()]
    found: Figures = dict(cards(driver, min(len(jobs), 8 * times)))
    found |= dict(lists(driver, times))
    found |= dict(searches(driver, jobs[0], times))
    found |= dict(openings(driver, jobs[-times:]))
    driver.stop()
    return found


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
