"""Today: what is to be done on one day, in the order it wants attention."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from kivy.metrics import Metrics, dp
from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.recycleview.views import RecycleDataViewBehavior

from mobile.queries import Job
from mobile.screens.listed import ListedPage, nothing_row
from mobile.shell import Place
from mobile.views.job_card import JobCard
from mobile.views.today import Group, TodayView, removed, today, with_clocks
from mobile.views.waiting import unconfirmed
from mobile.widgets.look import load

PULL_DP: Final = 72
STRIP_DP: Final = 60
LINE_DP: Final = 22


class DayHead(RecycleDataViewBehavior, BoxLayout):
    """The week, the heading of what comes first, and what is left; they scroll away."""

    days = ListProperty()
    first = StringProperty("")
    first_tone = StringProperty("text_2")
    summary = StringProperty("")
    picked = ObjectProperty(None, allownone=True)

    def pick(self, date: str) -> None:
        """Another day was pressed."""
        if self.picked is not None:
            self.picked(date)


class TodayScreen(ListedPage):
    """One day's jobs; `args` may name the `day`."""

    nav = "today"
    title = StringProperty("")
    subtitle = StringProperty("")
    entries = ListProperty()
    compact = BooleanProperty(defaultvalue=False)
    pulled = BooleanProperty(defaultvalue=False)

    _jobs: Sequence[Job] = ()
    _groups: tuple[Group, ...] = ()
    _no_jobs = True
    _unconfirmed = False

    def on_kv_post(self, _base: Any) -> None:
        """The list is there from now on."""
        self.ids.list.effect_y.bind(overscroll=lambda _, by: self.overscrolled(by))

    def refresh(self) -> None:
        """Read the day anew and draw it."""
        shell = self.shell
        jobs = shell.phone.queries.jobs()
        told = shell.phone.queries.waiting()
        heard, self._unconfirmed = told.last_contact, told.unconfirmed
        view = today(jobs, shell.words, shell.now, self.args.get("day"), heard=heard)
        self.title, self.subtitle = view.title, view.subtitle
        self.compact = shell.settings.list_style == "compact"
        self._no_jobs = not jobs
        self._jobs, self._groups = jobs, view.groups
        groups = with_clocks(view.groups, jobs, shell.words, self.shell.phone.office_now())
        self.entries = [self._head(view), *listed(groups)[1:], *self._nothing(view)]

    def retell(self) -> None:
        """The clocks on the cards, a minute later: the list stays as it is."""
        at = self.shell.phone.office_now()
        self.ids.list.retell(cards_of(with_clocks(self._groups, self._jobs, self.words, at)))

    def pick(self, day: str) -> None:
        """Show another day; today itself needs no name."""
        here = today((), self.words, self.shell.now)
        self.shell.replace(Place("today", {} if day == here.day else {"day": day}))

    def open_job(self, job: str) -> None:
        """Show a job."""
        self.shell.go(Place("work_order", {"id": job}))

    def wait(self) -> None:
        """Show by which digits the office knows this phone."""
        self.shell.go(Place("waiting"))

    def find(self) -> None:
        """Look for a job by a word."""
        self.shell.go(Place("jobs", {"find": "1"}))

    def show_all(self) -> None:
        """Show the jobs of every day."""
        self.shell.go(Place("jobs"))

    def overscrolled(self, by: float) -> None:
        """The list is so many pixels beyond its top; only a finger pulls, no change of day."""
        if self.get_parent_window() is None:
            return  # it swings back after the app was closed
        held = self.ids.list.effect_y.is_manual
        if by <= -dp(PULL_DP) and held and not self.pulled:
            self.pulled = True
            self.subtitle = self.words("today", "let_go")
        elif self.pulled and by > -dp(PULL_DP) / 2:
            self.pulled = False
            self.refresh()
            self.sync()

    def sync(self) -> None:
        """Ask the office; nothing waits for the answer."""
        self.shell.ring()
        self.shell.note(self.words("today", "asked"))

    def _nothing(self, view: TodayView) -> list[dict[str, Any]]:
        width, away = self.width - dp(32), self.shell.phone.queries.kept().away_days
        if away is not None:
            return [nothing_row(removed(self.words, away), "cloud_off", width, self.sync)]
        if view.nothing is None:
            return []
        if self._unconfirmed and self._no_jobs:
            return [nothing_row(unconfirmed(self.words), "hourglass_top", width, self.wait)]
        acted = self.sync if self._no_jobs else self.show_all
        return [nothing_row(view.nothing, "calendar_today", width, acted)]

    def _head(self, view: TodayView) -> dict[str, Any]:
        first = view.groups[0] if view.groups else None
        scale = max(min(Metrics.fontscale, 1.4), 1.0)
        return {
            "viewclass": "DayHead",
            "height": dp(STRIP_DP) * scale**0.7 + dp(LINE_DP) * Metrics.fontscale,
            "days": list(view.days),
            "first": first.title if first else "",
            "first_tone": "danger" if first and first.urgent else "text_2",
            "summary": view.summary,
            "picked": self.pick,
        }


def listed(groups: tuple[Group, ...]) -> list[Any]:
    """Headings and cards, as a `JobList` takes them."""
    entries: list[Any] = []
    for group in groups:
        entries.append((group.title, "danger" if group.urgent else "text_2"))
        entries += group.cards
    return entries


def cards_of(groups: Iterable[Group]) -> dict[str, JobCard]:
    """The cards of some groups by the id of their job."""
    return {card.id: card for group in groups for card in group.cards}


load(Path(__file__))
