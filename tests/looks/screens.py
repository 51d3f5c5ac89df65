"""Pictures of the app's screens and sheets: two sizes, two languages, large text, too much."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

import tests.app.conftest  # noqa: F401  it says how Kivy begins
from shared.errors import refuse_state
from shared.texts import Language
from tests.app import crowded, folders
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
# A job with the most and one with nothing done stand for those two phones.
JOBS_OF: Final = {"worst": "crowded", "empty": "ordinary"}
UNTOUCHED: Final = 5


class View(Struct, frozen=True, kw_only=True):
    """A screen, or a sheet over one; `{job}` and the like are filled in from the phone."""

    name: str
    screen: str
    args: dict[str, str] = {}
    sheet: str = ""
    of_a_job: bool = False


def _screen(name: str, screen: str = "", **args: str) -> View:
    return View(name=name, screen=screen or name, args=args)


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
    _screen("trouble", reason="{trouble}", enrol=""),
    View(name="sheet-entry", screen="outbox", sheet="entry", args={"id": "{entry}"}),
    View(name="sheet-repair", screen="outbox", sheet="repair", args={"id": "{wrong}"}),
    View(name="sheet-give-up", screen="outbox", sheet="give_up", args={"id": "{wrong}"}),
    View(name="sheet-van-part", screen="van", sheet="van_part", args={"id": "{part}"}),
    *(_job(name) for name in ("work_order", "checklist", "parts", "notes", "details", "history")),
    _job("sheet-outcome", "outcome"),
    _job("sheet-outcome-done", "outcome", outcome="done"),
    _job("sheet-outcome-waits", "outcome", outcome="waits_for_part"),
    _job("sheet-other", "other"),
    _job("sheet-pause", "pause"),
    _job("sheet-decline", "decline"),
    _job("sheet-after-call", "after_call", copied="yes"),
    _job("sheet-wish", "wish"),
    _job("sheet-reading", "reading", item="{number}"),
    _job("sheet-comment", "comment", item="{number}"),
    _job("sheet-find-part", "find_part", purpose="order"),
    _job("sheet-use-part", "use_part", part=BOARD),
    _job("sheet-order-part", "order_part", part=FILTER),
    _job("sheet-take-back", "take_back", use="{use}"),
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
        for of_a_job in (False, True):
            some = [one for one in views if one.of_a_job is of_a_job]
            name = JOBS_OF.get(look.folder, look.folder) if of_a_job else look.folder
            if some:
                self._open(name, look, size)
                job = UNTOUCHED if look.folder == "empty" else look.job
                known = self._known(name, job)
                for view in some:
                    yield from self._shots(view, look, size, known)
                self.hand.stop()

    def _open(self, name: str, look: Look, size: tuple[int, int]) -> None:
        folder = self.work / name
        if name not in self.jobs:
            folder.mkdir(parents=True)
            make = crowded.crowded if name == "crowded" else getattr(folders, name)
            made = make(folder)
            self.jobs[name] = [made] if isinstance(made, str) else made or [""]
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
            "use": sheet.parts[0].use.id if sheet is not None and sheet.parts else "",
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
        hand.still() if view.sheet else hand.frames(6)
        first = self._take(view, look, size, "")
        yield view, first, False
        if size == SIZES[0]:
            hand.root.scroll(0.0)
            hand.frames(3)
            last = self._take(view, look, size, "-end")
            if last.read_bytes() == first.read_bytes():
                last.unlink()
            else:
                yield view, last, True
        if view.sheet:
            hand.app.close_sheet()

    def _take(self, view: View, look: Look, size: tuple[int, int], more: str) -> Path:
        words = look.name.replace(" %", "").replace(" ", "-")
        file = self.out / "single" / f"app-{view.name}-{size[0]}-{words}{more}.png"
        self.hand.shot(file)
        return file
