"""The notes of a job: write one with few letters, and read the others."""

from functools import partial
from typing import Any

from kivy.metrics import dp
from kivy.uix.boxlayout import BoxLayout

from mobile.queries import Sheet
from mobile.screens import drafted, job_acts, job_rows
from mobile.screens.job_page import Card as Laid, JobPage
from mobile.shell import Shell
from mobile.views.notes import AUDIENCES, Phrase, notes, with_phrase
from mobile.widgets.blocks import Card
from mobile.widgets.buttons import FilterChip, PushButton
from mobile.widgets.choices import Choice
from mobile.widgets.fields import TextField
from mobile.widgets.page import Footer, Spread
from mobile.widgets.press import rest
from mobile.widgets.text import Para


class NotesScreen(JobPage):
    """What was written on the job, the newest first, below the note that is being written."""

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.field: TextField | None = None
        button = PushButton(text=self.words("job_notes", "save"), icon="check")
        button.bind(on_release=lambda *_: self.save())
        self.foot = Footer()
        self.foot.add_widget(button)
        self.add_widget(self.foot)

    def draw(self, sheet: Sheet) -> None:
        """Draw the notes; the one being written stays as it is."""
        words = self.words
        self.title = words("job_notes", "title")
        self.subtitle = words.called(sheet.order)
        view = notes(sheet, self.shell.phone.owner.person, words, self.shell.now)
        cards: list[Laid] = [
            (f"{index}:{one.when}", one, partial(job_rows.note, line=one, words=words))
            for index, one in zip(range(len(view.lines), 0, -1), view.lines, strict=True)
        ]
        self.lay(cards)
        if self.field is None:
            self._begin(view.phrases)
        if not cards:
            title, text = words("job_notes", "none"), words("job_notes", "none_detail")
            self.say_empty("sticky_note_2", title, text)

    def forget(self) -> None:
        """Also the note that is being written; it is kept as a draft."""
        super().forget()
        self.field = None

    def save(self) -> None:
        """Write the note down."""
        if self.sheet is None or self.field is None:
            return
        text = self.field.text.strip()
        if not text:
            self.field.error = self.words("job_notes", "empty")
            return
        args = {"text": text, "audience": self.audience.value}
        refused = drafted.too_long(self, args)
        if refused is None:
            refused = self.shell.record("note.add", job_acts.on(self.sheet), args)
        if refused is not None:
            self.field.error = self.words.explain(refused)
            self.shell.adapters.haptics.feel("wrong")
            return
        rest.begin()
        self.field.text = ""
        self.shell.drafts.drop(self._key("text"))
        self.shell.adapters.haptics.feel("done")
        self.shell.note(self.words("job_notes", "saved"))

    def _begin(self, phrases: tuple[Phrase, ...]) -> None:
        """The card in which a note is written."""
        words = self.words
        card = Card(spacing=dp(12))
        options = [(one, words("job_notes", one)) for one in AUDIENCES]
        chosen = drafted.read(self.shell, self._key("audience"), AUDIENCES[0])
        self.audience = Choice(options=options, value=chosen)
        self.audience.bind(on_pick=self._pick)
        self.told = Para(text=words("job_notes", f"{chosen}_detail"), role="body_s", tone="text_2")
        self.field = drafted.text_field(
            self.shell, self._key("text"), hint=words("job_notes", "hint"), rows=3
        )
        for one in (self.audience, self.told, self.field, self._phrases(phrases)):
            card.add_widget(one)
        self.ids.body.box.add_widget(card, index=len(self.ids.body.box.children))

    def _phrases(self, phrases: tuple[Phrase, ...]) -> BoxLayout:
        spread = Spread()
        for one in phrases:
            chip = FilterChip(text=one.text)
            chip.bind(on_release=lambda chip: self._add(chip.text))
            spread.add_widget(chip)
        return spread

    def _add(self, phrase: str) -> None:
        assert self.field is not None
        self.field.text = with_phrase(self.field.text, phrase, self.words)
        self.field.error = ""
        self.shell.drafts.keep(self._key("text"), self.field.text)

    def _pick(self, choice: Choice, audience: str) -> None:
        choice.value = audience
        self.told.text = self.words("job_notes", f"{audience}_detail")
        self.shell.drafts.keep(self._key("audience"), audience)

    def _key(self, name: str) -> str:
        return job_acts.draft(self.args.get("id", ""), "note", name)
