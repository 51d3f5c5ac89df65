"""How a job's screens look: nothing cut, nothing on top of something else, nothing too small."""

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any, Final

import pytest
from kivy.metrics import dp

from mobile.shell import Place
from shared.texts import Language
from tests.app.crowded import crowded
from tests.app.driver import LARGE, SMALL, Driver
from tests.app.folders import NOW_MS, ordinary
from tests.app.measures import SLACK, TOUCH_DP, faults
from tests.world import BOARD, FILTER

SCREENS: Final = (
    *("work_order", "checklist", "photos", "parts", "bill", "notes", "details", "history"),
)
SHEETS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("outcome", {}),
    ("outcome", {"outcome": "done"}),
    ("outcome", {"outcome": "waits_for_part"}),
    ("other", {}),
    ("pause", {}),
    ("begin", {}),
    ("decline", {}),
    ("customer_says", {}),
    ("after_call", {"copied": "yes"}),
    ("wish", {}),
    ("reading", {"item": "item_21"}),
    ("reading", {"item": "item_7"}),
    ("comment", {"item": "item_21"}),
    ("find_part", {"purpose": "order"}),
    ("use_part", {"part": BOARD}),
    ("order_part", {"part": FILTER}),
    ("coverage", {}),
    ("charge", {}),
    ("charge", {"item": "labour", "quantity": "2.5", "instead": FILTER}),
    ("charge", {"item": "travel", "quantity": "128.5"}),
    ("charge", {"hand": "yes", "called": "耐高温密封圈总成（加强型）"}),
    ("discount", {}),
    ("quote", {}),
    ("decline_quote", {}),
    ("payment", {}),
    ("invoice", {}),
    ("take_away", {}),
)
# Sheets about one of many: of which of them is for the phone to say.
OF_ONE: Final = {"caption": "photo", "drop_photo": "photo", "paid": "payment", "item": "item"}


def drawn_faults(hand: Driver) -> Iterator[str]:
    """What is wrong with what is drawn on the cards."""
    for card in hand.widgets("Drawn"):
        told = card.a11y[:40]
        yield from (f"{fault} in {told!r}" for fault in _out(card))
        least = dp(TOUCH_DP) - SLACK
        small = [one for one in card.zones if one.w < least or one.h < least]
        yield from (f"{one.label!r} is only {one.w:.0f}x{one.h:.0f}" for one in small)
        texts = [mark for mark in card.marks if mark.shape == "text"]
        pairs = [pair for pair in combinations(texts, 2) if _cover(*pair)]
        yield from (f"two texts lie over each other in {told!r}" for _ in pairs)


def _out(card: Any) -> Iterator[str]:
    for mark in card.marks:
        if mark.x < -SLACK or mark.x + mark.w > card.width + SLACK:
            yield f"something of {mark.w:.0f} at {mark.x:.0f} runs out"
        if mark.y < -SLACK or mark.y + mark.h > card.height + SLACK:
            yield "something hangs down"


def _cover(one: Any, other: Any) -> bool:
    across = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    along = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return bool(across > 2 * SLACK and along > dp(3))


def look(hand: Driver, where: str) -> list[str]:
    """Everything that is wrong here, with where that is."""
    hand.frames(2)
    return [f"{where}: {fault}" for fault in (*faults(hand), *drawn_faults(hand))]


def walk(hand: Driver, job: str, name: str) -> list[str]:
    """Every screen and sheet of a job, each from its top to its end."""
    found: list[str] = []
    for screen in SCREENS:
        hand.go(screen, id=job)
        hand.page.lay_all()
        hand.frames(2)
        found += look(hand, f"{name} {screen}")
        hand.page.ids.body.scroll_y = 0
        found += look(hand, f"{name} {screen} below")
    for sheet, args in SHEETS:
        hand.app.show_sheet(sheet, job=job, **args)
        found += look(hand, f"{name} {sheet}")
        hand.app.close_sheet()
    return found + proof(hand, job, name)


def proof(hand: Driver, job: str, name: str) -> list[str]:
    """What there is about one photo, one payment and one item of a job, if it has any."""
    queries = hand.app.phone.queries
    bill, found = queries.bill(job), []
    known = {
        "photo": [one.photo.id for one in queries.photos(job)],
        "payment": [one.id for one in bill.payments],
        "item": [one.id for one in bill.items],
    }
    for photo in known["photo"]:
        for screen in ("photo", "draw"):
            hand.go(screen, id=job, photo=photo)
            found += look(hand, f"{name} {screen}")
    hand.go("bill", id=job)
    for sheet, what in OF_ONE.items():
        for identity in known[what][:2]:
            hand.app.show_sheet(sheet, job=job, **{what: identity})
            found += look(hand, f"{name} {sheet}")
            hand.app.close_sheet()
    return found


@pytest.fixture(scope="session")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A phone with more of everything than any real one, and its job."""
    folder = tmp_path_factory.mktemp("crowded")
    return folder, crowded(folder)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A phone on an ordinary day, and a job nothing was done on yet."""
    folder = tmp_path_factory.mktemp("plain")
    return folder, ordinary(folder)[5]


@pytest.mark.slow
def test_a_job_with_very_much_on_it_fits_a_small_phone_in_large_letters(
    driver: Driver, heavy: tuple[Path, str]
) -> None:
    folder, job = heavy
    driver.start(folder, language="zh", size=SMALL, text_scale=1.6, now_ms=NOW_MS)
    assert walk(driver, job, "zh 1.6") == []


@pytest.mark.slow
def test_the_number_of_a_job_is_never_cut(driver: Driver, heavy: tuple[Path, str]) -> None:
    folder, job = heavy
    cut = []
    languages: tuple[Language, ...] = ("en", "zh")
    for language, scale, size in product(languages, (1.0, 1.6), (SMALL, LARGE)):
        driver.start(folder, language=language, size=size, text_scale=scale, now_ms=NOW_MS)
        for screen in SCREENS:
            driver.go(screen, id=job)
            number = driver.find("WO-26-000002", "Label1")
            if "…" in number._label.text:
                cut.append((screen, language, scale, size))
        driver.stop()
    assert cut == []


def test_a_large_checklist_opens_with_few_cards_and_grows(
    driver: Driver, heavy: tuple[Path, str]
) -> None:
    folder, job = heavy
    driver.start(folder, now_ms=NOW_MS)
    driver.go("parts", id=job)
    driver.app.go(Place("checklist", {"id": job}))
    at_once = len(driver.page.cards)
    driver.until(lambda: len(driver.page.cards) == 61)
    assert at_once < 12


def test_a_job_is_built_of_few_widgets_so_that_it_opens_at_once(
    driver: Driver, heavy: tuple[Path, str]
) -> None:
    folder, job = heavy
    driver.start(folder, now_ms=NOW_MS)
    counts = {}
    for screen in ("work_order", "checklist", "parts"):
        driver.go(screen, id=job)
        built = list(driver.page.ids.body.walk(restrict=True))
        counts[screen] = len(built) - len(driver.page.cards)
    # Beside the cards: what scrolls, its box, and the deck of cards.
    assert counts == dict.fromkeys(counts, 3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_screen_of_a_job_looks_right_at_every_size(
    driver: Driver, heavy: tuple[Path, str], plain: tuple[Path, str]
) -> None:
    found: list[str] = []
    languages: tuple[Language, ...] = ("en", "zh")
    looks = [(heavy, *look) for look in product(languages, (1.0, 1.3, 1.6), (SMALL, LARGE))]
    looks += [(plain, *look) for look in product(languages, (1.0, 1.6), (SMALL,))]
    for (folder, job), language, scale, size in looks:
        driver.start(folder, language=language, text_scale=scale, size=size, now_ms=NOW_MS)
        found += walk(driver, job, f"{language} {scale} {size[0]}")
        driver.stop()
    assert found == []
