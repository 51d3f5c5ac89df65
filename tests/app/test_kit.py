"""The kit in a real window: every widget at every size, and what Kivy must not mistake."""

import gc
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from kivy.event import EventDispatcher
from kivy.uix.widget import Widget
from msgspec import structs

from mobile.shell import Place
from mobile.views.job_card import JobCard as CardView
from mobile.widgets import NAMES
from mobile.widgets.job_card import planned
from mobile.widgets.look import theme
from mobile.widgets.page import Column
from tests.app import gallery, measures
from tests.app.driver import LARGE, SMALL, Driver

Open = Callable[..., Driver]
PACKAGES: Final = ("mobile.widgets", "mobile.screens")
ROOT: Final = Path(__file__).resolve().parents[2]
ONE_SCREEN: Final = 200  # widgets; what is kept of eight would be many hundreds
CARD: Final = CardView(
    id="1",
    number="WO-26-000123",
    time="09:30–11:00",
    title="空调不制冷",
    customer="江州明湖大酒店",
    address="江州市滨湖区湖心大道 188 号",
    machine="KFR-72LW/B3",
    icon="ac_unit",
    status="待上门",
    status_tone="info",
    priority="",
    priority_tone="neutral",
    sync="safe",
    sync_text="",
    sync_icon="cloud_done",
    sync_tone="success",
    note="",
    late=False,
    faded=False,
    spoken="WO-26-000123",
)


@pytest.mark.slow
def test_nothing_in_the_gallery_is_cut_covered_or_too_small(app: Open) -> None:
    assert sweep(app("empty"), (("zh", 1.0), ("en", 1.6))) == []


@pytest.mark.slow
def test_nothing_in_the_gallery_is_cut_at_any_size(app: Open) -> None:
    assert sweep(app("empty"), tuple(product(("en", "zh"), (1.0, 1.15, 1.3, 1.6, 2.0)))) == []


def sweep(driver: Driver, looks: tuple[tuple[str, float], ...]) -> list[tuple[Any, ...]]:
    """What is wrong with the gallery in these languages and text sizes."""
    found: list[tuple[Any, ...]] = []
    for language, scale in looks:
        driver.again(language=language, text_scale=scale)
        for part in gallery.PARTS:
            driver.root.put(gallery.Gallery(driver.app, part))
            driver.frames(3)
            found += [(language, scale, part, fault) for fault in measures.faults(driver)]
    return found


def classes() -> Iterator[type[EventDispatcher]]:
    for package in PACKAGES:
        folder = ROOT / package.replace(".", "/")
        for path in sorted(folder.glob("*.py")):
            module = import_module(f"{package}.{path.stem}" if path.stem != "__init__" else package)
            for thing in vars(module).values():
                if isinstance(thing, type) and issubclass(thing, EventDispatcher):
                    yield thing


def test_no_property_is_taken_for_a_handler(window: object) -> None:
    mistaken = []
    for kind in set(classes()):
        events = {name for one in kind.__mro__ for name in getattr(one, "__events__", ())}
        for name in properties(kind):
            handler = getattr(kind, f"on_{name}", None)
            if f"on_{name}" in events or (handler is not None and not callable(handler)):
                mistaken.append((kind.__name__, name))
    assert mistaken == []


def properties(kind: type[EventDispatcher]) -> set[str]:
    from kivy.properties import Property

    return {
        name
        for one in kind.__mro__
        for name, thing in vars(one).items()
        if isinstance(thing, Property)
    }


def test_every_widget_is_where_kivy_is_told_to_look(window: object) -> None:
    for module, names in NAMES.items():
        found = import_module(f"mobile.widgets.{module}")
        assert [name for name in names if not hasattr(found, name)] == []


def test_a_job_number_is_never_cut(window: object) -> None:
    for width, compact in product((280, 328, 380), (True, False)):
        marks = planned(CARD, width, compact=compact).marks
        assert CARD.number in [mark.text for mark in marks]
        assert max(mark.x for mark in marks) < width


def test_a_small_phone_shows_three_full_cards_or_five_compact_ones(window: object) -> None:
    room = 640 - theme.size("app_bar") - 60 - theme.size("nav")  # below the week, above the bar
    gap = 8
    assert 3 * (planned(CARD, 328, compact=False).height + gap) <= room
    assert 5 * (planned(CARD, 328, compact=True).height + gap) <= room


@pytest.mark.slow
def test_a_screen_that_is_opened_again_and_again_is_not_kept(app: Open) -> None:
    driver = app("ordinary")
    jobs = [job.id for job in driver.app.phone.queries.jobs()]

    def visit() -> None:
        for job in jobs[:2]:
            driver.app.go(Place("work_order", {"id": job}))
            driver.app.show_sheet("other", job=job)
            driver.frames(1)
            driver.app.close_sheet()
        driver.app.go(Place("today"))
        driver.frames(1)

    for _ in range(2):
        visit()
    before = alive(driver)
    for _ in range(8):
        visit()
    assert alive(driver) - before < ONE_SCREEN


@pytest.mark.slow
def test_looks_that_are_changed_again_and_again_are_not_kept(app: Open) -> None:
    driver = app("ordinary")

    def change(turn: int) -> None:
        look = {"language": ("en", "zh")[turn % 2], "theme": ("dark", "light")[turn % 2]}
        driver.app.change(structs.replace(driver.app.settings, **look))
        driver.frames(1)

    for turn in range(2):
        change(turn)
    before = alive(driver)
    for turn in range(8):
        change(turn)
    assert alive(driver) - before < ONE_SCREEN


def alive(driver: Driver) -> int:
    """How many widgets there are in memory."""
    driver.frames(8)
    gc.collect()
    return sum(issubclass(type(thing), Widget) for thing in gc.get_objects())


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_window_has_the_size_that_was_asked_for(app: Open, size: tuple[int, int]) -> None:
    driver = app("empty", size=size)
    assert (driver.root.width, driver.root.height) == size
    width, height = size
    assert len(driver.pixels()) == width * height * 3


def test_a_short_screen_stands_at_the_top_wherever_one_was(app: Open) -> None:
    hand = app("empty")
    hand.go("today")
    where = hand.find("Nothing planned for today").to_window(0, 0)
    hand.root.scroll(0.0)
    hand.frames(4)
    assert hand.find("Nothing planned for today").to_window(0, 0) == where


def test_a_long_text_in_a_field_is_seen_whole_and_from_its_beginning(app: Open) -> None:
    hand = app()
    page = gallery.Gallery(hand.app, "fields")
    hand.root.put(page)
    column = next(one for one in page.walk() if isinstance(one, Column))
    line = gallery.make("TextField", text=gallery.LONG["en"] * 3)
    lines = gallery.make("TextField", rows=3, text=gallery.LONG["en"] * 3)
    for field in (line, lines):
        column.add_widget(field)
    hand.frames(4)
    assert line.ids.entry.scroll_x == 0
    assert lines.ids.entry.height >= lines.ids.entry.minimum_height


def test_what_cannot_be_kept_is_left_behind_when_it_is_pasted(app: Open) -> None:
    hand = app("ordinary")
    hand.go("jobs")
    field = next(hand.widgets("SearchField"))
    hand.type(field, "a\x00b\u202ec\ud83d 喆珺㛃䶮\t🔧\nd")
    assert field.text == "abc 喆珺㛃䶮\t🔧 d"
