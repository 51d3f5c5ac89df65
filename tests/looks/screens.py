"""Pictures of the app's screens and sheets: two sizes, two languages, large text, too much."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

import tests.app.conftest  # noqa: F401  it says how Kivy begins
from shared.errors import refuse_state
from shared.texts import Language
from tests.app import billed, crowded, folders, signed
from tests.looks.paper import Shot, draw
from tests.world import BOARD, FILTER

SIZES: Final = ((360, 640), (412, 915))


class Look(Struct, frozen=True):
    """How a screen is looked at, on which phone, and on which job of it."""

    name: str
    folder: str = "ordinary"
    job: int = 0
    language: Language = "en"
    theme: str = "light"
    scale: float = 1.0


LOOKS: Final = (
    Look("en light 100 %", job=1),
    Look("zh dark 100 %", job=1, language="zh", theme="dark"),
    Look("zh light 160 %", job=1, language="zh", scale=1.6),
    Look("en worst", "worst"),
    Look("zh worst 160 %", "worst", language="zh", scale=1.6, theme="outdoor"),
    Look("en empty", "empty"),
)
# What stands for those phones where a job is looked at: one with the most, one with nothing done.
JOBS_OF: Final = {"worst": "crowded", "empty": "ordinary"}
SIGNED_OF: Final = {"ordinary": "two_of_one_place", "worst": "overfull", "empty": "ordinary"}
TIMED_OF: Final = {"ordinary": "timed", "worst": "timed", "empty": "ordinary"}
TIMED_JOB: Final = 3  # the one whose customer is to be told something
BILLED_OF: Final = {"ordinary": "settled", "worst": "crowded", "empty": "settled"}
SIGN_STEPS: Final = ("prepare", "check", "who", "ink", "refuse", "technician", "leave")
MAKERS: Final = (folders, crowded, signed, billed)
UNTOUCHED: Final = 5


class View(Struct, frozen=True, kw_only=True):
    """A screen, or a sheet over one; `{job}` and the like are filled in from the phone."""

    name: str
    screen: str
    args: dict[str, str] = {}
    sheet: str = ""
    of_a_job: bool = False
    is_billed: bool = False  # whether it is about money, or about photos
    is_unconfirmed: bool = False  # whether it is about a phone that the office has yet to let in
    is_signed: bool = False  # whether it is about a visit that has ended
    is_timed: bool = False  # whether it is about clocks that run
    step: str = ""  # of a sign-off, once the phone is handed over

    def phone_of(self, look: Look) -> str:
        """On which phone it is looked at."""
        if self.is_unconfirmed:
            return "unconfirmed"
        if self.is_timed:
            return TIMED_OF[look.folder]
        if not self.of_a_job:
            return look.folder
        stand_in = BILLED_OF if self.is_billed else SIGNED_OF if self.is_signed else JOBS_OF
        return stand_in.get(look.folder, look.folder)


def _screen(name: str, screen: str = "", **args: str) -> View:
    return View(name=name, screen=screen or name, args=args)


def _bill(name: str, sheet: str = "", **args: str) -> View:
    screen = "bill" if sheet else name
    return View(name=name, screen=screen, sheet=sheet, args=args, of_a_job=True, is_billed=True)


def _sign(step: str) -> View:
    args = {"purpose": "visit"}
    name = f"sign-{step}"
    return View(name=name, screen="sign_off", args=args, of_a_job=True, is_signed=True, step=step)


def _timed(name: str, screen: str = "work_order", sheet: str = "", **args: str) -> View:
    of_a_job = screen == "work_order"
    return View(name=name, screen=screen, sheet=sheet, args=args, of_a_job=of_a_job, is_timed=True)


def _job(name: str, sheet: str = "", **args: str) -> View:
    screen = "work_order" if sheet else name
    return View(name=name, screen=screen, sheet=sheet, args=args, of_a_job=True)


VIEWS: Final = (
    _screen("today"),
    _screen("today-other-day", "today", day="2026-11-26"),
    _screen("jobs"),
    _screen("van"),
    _screen("inbox"),
    _screen("outbox"),
    _screen("me"),
    _screen("enrol"),
    _screen("locked", "pin", step="unlock"),
    _screen("pin-welcome", "pin", step="welcome"),
    _screen("pin-not-me", "pin", step="not_me"),
    _screen("pin-choose", "pin", step="choose"),
    _screen("pin-forgot", "pin", step="forgot"),
    View(name="waiting", screen="waiting", is_unconfirmed=True),
    View(name="today-unconfirmed", screen="today", is_unconfirmed=True),
    _screen("trouble", reason="{trouble}", enrol=""),
    View(name="sheet-entry", screen="outbox", sheet="entry", args={"id": "{entry}"}),
    View(name="sheet-repair", screen="outbox", sheet="repair", args={"id": "{wrong}"}),
    View(name="sheet-give-up", screen="outbox", sheet="give_up", args={"id": "{wrong}"}),
    View(name="sheet-van-part", screen="van", sheet="van_part", args={"id": "{part}"}),
    *(_job(name) for name in ("work_order", "checklist", "parts")),
    *(_job(name) for name in ("notes", "details", "history")),
    _bill("photos"),
    _bill("photo", photo="{photo}"),
    _bill("draw", photo="{photo}"),
    _bill("bill"),
    View(name="report", screen="report", of_a_job=True, is_signed=True),
    *(_sign(step) for step in SIGN_STEPS),
    _job("sheet-outcome", "outcome"),
    _job("sheet-outcome-done", "outcome", outcome="done"),
    _job("sheet-outcome-waits", "outcome", outcome="waits_for_part"),
    _job("sheet-other", "other"),
    _job("sheet-pause", "pause"),
    _job("sheet-begin", "begin"),
    _job("sheet-decline", "decline"),
    _job("sheet-customer-says", "customer_says"),
    _job("sheet-after-call", "after_call", copied="yes"),
    _job("sheet-wish", "wish"),
    _timed("today-clocks", "today"),
    _timed("work_order-clocks"),
    _timed("sheet-clocks", sheet="clocks"),
    _timed("sheet-told", sheet="told", message="{message}", copied="yes"),
    _job("sheet-reading", "reading", item="{number}"),
    _job("sheet-comment", "comment", item="{number}"),
    _job("sheet-find-part", "find_part", purpose="order"),
    _job("sheet-use-part", "use_part", part=BOARD),
    _job("sheet-order-part", "order_part", part=FILTER),
    _job("sheet-take-back", "take_back", use="{use}"),
    _bill("sheet-caption", "caption", photo="{photo}"),
    _bill("sheet-drop-photo", "drop_photo", photo="{photo}"),
    _bill("sheet-coverage", "coverage"),
    _bill("sheet-charge", "charge"),
    _bill("sheet-charge-labour", "charge", item="labour"),
    _bill("sheet-charge-by-hand", "charge", hand="yes"),
    _bill("sheet-discount", "discount"),
    _bill("sheet-quote", "quote"),
    _bill("sheet-decline-quote", "decline_quote"),
    _bill("sheet-payment", "payment"),
    _bill("sheet-paid", "paid", payment="{payment}"),
    _bill("sheet-invoice", "invoice"),
    _bill("sheet-take-away", "take_away"),
    _bill("sheet-item", "item", item="{item}"),
)


def photograph(out: Path, only: str = "") -> list[Path]:
    """A sheet for every screen whose name contains `only`; returns the files."""
    views = [one for one in VIEWS if only in one.name]
    if not views:
        return []
    work = out / "work"
    shutil.rmtree(work, ignore_errors=True)
    camera = _Camera(work, out)
    shots: dict[str, dict[str, list[Shot]]] = {one.name: {} for one in views}
    for look in LOOKS:
        for size in SIZES:
            for view, file, end in camera.round(look, size, views):
                row = f"{size[0]}x{size[1]}{' end' if end else ''}"
                shots[view.name].setdefault(row, []).append(Shot(file, f"{look.name}  {row}"))
    shutil.rmtree(work)
    return [
        draw(name, list(rows.values()), out / f"app-{name}.png")
        for name, rows in shots.items()
        if rows
    ]


class _Camera:
    """The one window, and the phones it opens the app on."""

    def __init__(self, work: Path, out: Path) -> None:
        from kivy.core.window import Window

        from mobile import main
        from tests.app.driver import Driver

        main.wait_for_each_frame(Window)
        self.hand: Any = Driver()
        self.work = work
        self.out = out
        self.jobs: dict[str, list[str]] = {}

    def round(
        self, look: Look, size: tuple[int, int], views: list[View]
    ) -> Iterator[tuple[View, Path, bool]]:
        """Every view in one look and size: first those of the phone, then those of a job."""
        kinds = dict.fromkeys((one.of_a_job, one.phone_of(look)) for one in views)
        for of_a_job, name in sorted(kinds):
            self._open(name, look, size)
            job = UNTOUCHED if look.folder == "empty" else look.job
            job = TIMED_JOB if name == "timed" else job
            known = self._known(name, job)
            for view in views:
                if (view.of_a_job, view.phone_of(look)) == (of_a_job, name):
                    yield from self._shots(view, look, size, known)
            self.hand.stop()

    def _open(self, name: str, look: Look, size: tuple[int, int]) -> None:
        folder = self.work / name
        if name not in self.jobs:
            folder.mkdir(parents=True)
            make = next(getattr(one, name) for one in MAKERS if hasattr(one, name))
            made = make(folder)
            self.jobs[name] = [made] if isinstance(made, str) else list(made or [""])
        self.hand.start(
            folder,
            language=look.language,
            size=size,
            text_scale=look.scale,
            theme=look.theme,
            now_ms=folders.NOW_MS,
        )

    def _known(self, name: str, job: int) -> dict[str, str]:
        """What the names in braces stand for on this phone; what it has not is left out."""
        queries, words = self.hand.app.phone.queries, self.hand.app.words
        lines = [one for one in queries.outbox() if one.state != "safe"]
        wrong = [one for one in lines if one.verdict == "quarantined"]
        van = queries.van()
        there = self.jobs[name]
        order = there[min(job, len(there) - 1)]
        sheet = queries.sheet(order) if order else None
        found = {
            "job": order,
            "trouble": words.explain(refuse_state("disk_full")),
            "number": "item_21" if name == "crowded" else "pressure",
            "entry": lines[0].op_id if lines else "",
            "wrong": wrong[0].op_id if wrong else "",
            "part": van.lines[0].part.id if van is not None and van.lines else "",
            "message": sheet.to_tell[0].id if sheet is not None and sheet.to_tell else "",
            "use": sheet.parts[0].use.id if sheet is not None and sheet.parts else "",
            **_proof(queries, order),
        }
        return {key: value for key, value in found.items() if value}

    def _shots(
        self, view: View, look: Look, size: tuple[int, int], known: dict[str, str]
    ) -> Iterator[tuple[View, Path, bool]]:
        try:
            args = {name: value.format(**known) for name, value in view.args.items()}
        except KeyError:
            return
        hand = self.hand
        job = {"id": known["job"]} if view.of_a_job else {}
        hand.go(view.screen, **job, **({} if view.sheet else args))
        if view.sheet:
            over = {"job": known["job"]} if view.of_a_job else {}
            hand.app.show_sheet(view.sheet, **over, **args)
        if view.step and not _posed(hand, view.step):
            return
        hand.still() if view.sheet else hand.frames(6)
        first = self._take(view, look, size, "")
        yield view, first, False
        if size == SIZES[0]:
            hand.to_the_end()
            hand.frames(3)
            last = self._take(view, look, size, "-end")
            if last.read_bytes() == first.read_bytes():
                last.unlink()
            else:
                yield view, last, True
        if view.sheet:
            hand.app.close_sheet()
        if view.step:
            hand.page.change(handed=False)
            hand.app.hold(held=False)

    def _take(self, view: View, look: Look, size: tuple[int, int], more: str) -> Path:
        words = look.name.replace(" %", "").replace(" ", "-")
        file = self.out / "single" / f"app-{view.name}-{size[0]}-{words}{more}.png"
        self.hand.shot(file)
        return file


def _posed(hand: Any, step: str) -> bool:
    """Whether the sign-off of the job can be shown at this step, and is."""
    page = hand.page
    if not hasattr(page.document, "jobs"):
        return step == "prepare"
    page.speak(hand.app.words.language)
    page.change(handed=step != "prepare", step="check", back_to="check")
    page.turn(step)
    return True


def _proof(queries: Any, order: str) -> dict[str, str]:
    """A photo, a payment and an item of a job, where there are any."""
    bill = queries.bill(order) if order else None
    if bill is None:
        return {}
    photos = queries.photos(order)
    return {
        "photo": photos[0].photo.id if photos else "",
        "payment": bill.payments[0].id if bill.payments else "",
        "item": bill.items[0].id if bill.items else "",
    }
