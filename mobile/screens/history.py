"""What happened on a job, and at earlier visits to its machine."""

from functools import partial

from mobile.queries import Sheet
from mobile.screens import job_rows
from mobile.screens.job_page import Card, JobPage
from mobile.views.history import history


class HistoryScreen(JobPage):
    """Two stories, the newest first."""

    def draw(self, sheet: Sheet) -> None:
        """Draw them."""
        words = self.words
        self.title = words("job_history", "title")
        self.subtitle = words.called(sheet.order)
        view = history(sheet, words, self.shell.now)
        title = words("job_history", "this_job")
        cards: list[Card] = []
        if view.moments:
            draw = partial(job_rows.moments, title=title, told=view.moments)
            cards.append(("moments", view.moments, draw))
        for index, one in enumerate((*view.ended, *view.earlier)):
            told = partial(job_rows.earlier, one=one, words=words)
            cards.append((f"visit:{index}", one, told))
        self.lay(cards)
        if not view.earlier:
            none, text = words("job_history", "none"), words("job_history", "none_detail")
            self.say_empty("history", none, text)
