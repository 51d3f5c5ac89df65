"""How the screens around the jobs look: nothing cut, nothing too small, nothing over another."""

from collections.abc import Callable, Iterator
from itertools import cycle, product
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import structs

from mobile.shell import Place
from tests.app.driver import LARGE, SMALL, Driver
from tests.app.folders import NOW_MS
from tests.app.measures import SLACK, faults

# What is looked at: the screen with its arguments.
SCREENS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("today", {}),
    ("today", {"day": "2026-11-26"}),
    ("jobs", {}),
    ("van", {}),
    ("inbox", {}),
    ("outbox", {}),
    ("me", {}),
    ("enrol", {}),
    ("pin", {"step": "welcome"}),
    ("pin", {"step": "not_me"}),
    ("pin", {"step": "choose"}),
    ("pin", {"then": "choose"}),
)
SHEETS: Final = ("entry", "repair", "give_up", "van_part")


def look(hand: Driver, where: str) -> Iterator[str]:
    """Everything that is wrong here, at its top and at its end."""
    hand.frames(3)
    yield from (f"{where}: {fault}" for fault in (*faults(hand), *overfull_cards(hand)))
    hand.root.scroll(0.0)
    hand.frames(3)
    yield from (f"{where} below: {fault}" for fault in faults(hand))
    hand.root.scroll(1.0)


def overfull_cards(hand: Driver) -> Iterator[str]:
    """Cards on which something is drawn beyond their edges."""
    for card in hand.widgets("JobCard"):
        plan = card._drawn
        over = [one for one in plan.marks if one.x < -SLACK or one.middle > plan.height]
        yield from (f"{card.card.number}: {one.text!r} hangs out" for one in over)


def walk(hand: Driver, name: str) -> list[str]:
    """Every screen and sheet."""
    found: list[str] = []
    for screen, args in SCREENS:
        hand.app.go(Place(screen, args))
        found += look(hand, f"{name} {screen} {args or ''}")
    for sheet, args in sheets(hand):
        hand.app.show_sheet(sheet, **args)
        found += look(hand, f"{name} {sheet}")
        hand.app.close_sheet()
    return found


def sheets(hand: Driver) -> Iterator[tuple[str, dict[str, str]]]:
    """The sheets that can be shown on this phone."""
    queries = hand.app.phone.queries
    for line in [one for one in queries.outbox() if one.state != "safe"][:8]:
        yield "entry", {"id": line.op_id}
    for line in [one for one in queries.outbox() if one.verdict == "quarantined"][:2]:
        yield "repair", {"id": line.op_id}
        yield "give_up", {"id": line.op_id}
    van = queries.van()
    for held in van.lines[:2] if van is not None else ():
        yield "van_part", {"id": held.part.id}


Open = Callable[..., Any]


def test_the_worst_day_fits_a_small_phone_in_the_largest_letters(app: Open) -> None:
    assert walk(app("worst", language="zh", text_scale=1.6), "zh 1.6 worst") == []


def test_an_ordinary_day_fits_a_small_phone(app: Open) -> None:
    assert walk(app("ordinary"), "en 1.0 ordinary") == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_screen_looks_right_everywhere(
    driver: Driver, made: Callable[[str], Path], phone_folder: Callable[[str], Path]
) -> None:
    found: list[str] = []
    themes = cycle(("light", "dark", "outdoor"))  # a theme changes no sizes: one of them is enough
    looks = product(("en", "zh"), (1.0, 1.3, 1.6), (SMALL, LARGE))
    folders = {name: phone_folder(name) for name in ("empty", "ordinary", "worst")}
    for language, scale, size in looks:
        for name, folder in folders.items():
            theme = next(themes)
            driver.start(
                folder,
                language=language,  # type: ignore[arg-type]
                text_scale=scale,
                size=size,
                theme=theme,
                now_ms=NOW_MS,
            )
            found += walk(driver, f"{language} {scale} {size[0]} {theme} {name}")
            short = structs.replace(driver.app.settings, list_style="compact")
            driver.app.change(short)
            driver.app.go(Place("jobs"))
            found += look(driver, f"{language} {scale} {size[0]} {theme} {name} short")
            driver.stop()
    assert found == []
