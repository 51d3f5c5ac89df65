"""All jobs on this phone, and the search of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty, StringProperty

from mobile.queries import Job
from mobile.screens.listed import ListedPage, nothing_row
from mobile.screens.today import cards_of, listed
from mobile.shell import Place
from mobile.views.jobs import JobsView, folded, jobs
from mobile.views.today import Group, removed, with_clocks
from mobile.views.waiting import unconfirmed
from mobile.widgets.look import load

TEXT_KEY: Final = "jobs/text"
OPEN_KEY: Final = "jobs/all"


class JobsScreen(ListedPage):
    """Every job, or what was found. `args` may ask to `find` at once. What was typed is kept."""

    nav = "jobs"
    entries = ListProperty()
    compact = BooleanProperty(defaultvalue=False)
    text = StringProperty("")
    result = StringProperty("")
    only_open = BooleanProperty(defaultvalue=True)
    _is_unconfirmed = False
    _jobs: Sequence[Job] = ()
    _groups: tuple[Group, ...] = ()

    def show(self, args: dict[str, str]) -> None:
        """Show what was looked for last."""
        self.text = self.shell.drafts.read(TEXT_KEY) or ""
        self.only_open = self.shell.drafts.read(OPEN_KEY) is None
        super().show(args)
        if "find" in args:
            self.ids.search.focus()

    def refresh(self) -> None:
        """Read the list anew and draw it."""
        queries = self.shell.phone.queries
        asked = folded(self.text).strip()
        found = queries.find_jobs(asked) if asked else queries.jobs()
        view = jobs(found, self.words, self.shell.now, text=self.text, only_open=self.only_open)
        self.compact = self.shell.settings.list_style == "compact"
        kept = queries.kept()
        self._is_unconfirmed = queries.waiting().unconfirmed
        closed = self.words("jobs", "kept", count=kept.keep_days) if not self.only_open else ""
        self.result = view.more or view.result or closed
        self._jobs, self._groups = found, view.groups
        groups = with_clocks(view.groups, found, self.words, self.shell.phone.office_now())
        self.entries = [*listed(groups), *self._nothing(view, kept.away_days)]

    def retell(self) -> None:
        """The clocks on the cards, a minute later: the list stays as it is."""
        at = self.shell.phone.office_now()
        self.ids.list.retell(cards_of(with_clocks(self._groups, self._jobs, self.words, at)))

    def typed(self, text: str) -> None:
        """Something else is looked for."""
        self.text = text
        self.shell.drafts.keep(TEXT_KEY, text)
        self.ids.list.scroll_y = 1
        self.refresh()

    def choose(self, *, only_open: bool) -> None:
        """Show the open jobs, or all."""
        self.only_open = only_open
        if only_open:
            self.shell.drafts.drop(OPEN_KEY)
        else:
            self.shell.drafts.keep(OPEN_KEY, "1")
        self.refresh()

    def open_job(self, job: str) -> None:
        """Show a job."""
        self.shell.go(Place("work_order", {"id": job}))

    def _nothing(self, view: JobsView, away_days: int | None) -> list[dict[str, Any]]:
        if away_days is not None:
            gone = removed(self.words, away_days)
            return [nothing_row(gone, "cloud_off", self.width - dp(32), self._sync)]
        if view.nothing is None:
            return []
        if self._is_unconfirmed and not self.text.strip():
            none = unconfirmed(self.words)
            return [nothing_row(none, "hourglass_top", self.width - dp(32), self._wait)]
        acted = self._clear if self.text.strip() else self._sync
        icon = "search_off" if self.text.strip() else "assignment"
        return [nothing_row(view.nothing, icon, self.width - dp(32), acted)]

    def _wait(self) -> None:
        self.shell.go(Place("waiting"))

    def _sync(self) -> None:
        self.shell.ring()
        self.shell.note(self.words("today", "asked"))

    def _clear(self) -> None:
        self.ids.search.clear()


load(Path(__file__))
