"""What a photo shows and who may see it, taking one back, and a picture that became none."""

from functools import partial

from mobile.darkroom import Slip
from mobile.queries import Sheet as JobSheet
from mobile.queries.photos import Pictured
from mobile.screens import drafted
from mobile.screens.drawn import Drawn
from mobile.screens.job_sheet import Asking
from mobile.screens.pen import Pen
from mobile.screens.photo import pictured
from mobile.texts import Words
from mobile.views.photos import DROP_REASONS, described, why, with_words
from mobile.widgets.buttons import FilterChip
from mobile.widgets.choices import Choice
from mobile.widgets.page import Spread
from mobile.widgets.text import Para


class AboutPhoto(Asking):
    """A sheet about one photo (`args["photo"]`)."""

    def found(self) -> Pictured | None:
        """The photo, if it is still there; else the sheet goes away."""
        photos = self.shell.phone.queries.photos(self.args["job"])
        found = pictured(photos, self.args.get("photo", ""))
        if found is None:
            self.leave_soon()
        return found


class CaptionSheet(AboutPhoto):
    """Phrases first, then a field; the place it was taken for; who may see it."""

    def build(self, sheet: JobSheet) -> None:
        """Draw what may be said."""
        found = self.found()
        if found is None:
            return
        words, one = self.words, found.photo
        view = described(sheet, words)
        self.title = words("photos", "describe")
        self.field = drafted.text_field(
            self.shell,
            self._draft("caption"),
            else_text=one.caption,
            label=words("photos", "caption"),
            hint=words("photos", "caption_hint"),
        )
        spread = Spread()
        for phrase in view.phrases:
            chip = FilterChip(text=phrase)
            chip.bind(on_release=lambda chip: self._add(chip.text))
            spread.add_widget(chip)
        self.add_widget(spread)
        self.add_widget(self.field)
        self.slot = self._choice("slot", view.slots, one.slot)
        self.audience = self._choice("audience", view.audiences, one.audience)
        self.meaning = Para(text="", role="body_s", tone="text_2")
        self.add_widget(self.meaning)
        self._mean()
        self.foot(("save", words("photos", "save"), "primary", self.save))

    def save(self) -> None:
        """Record it; what is wrong stands beside the field."""
        args = {
            "photo": self.args["photo"],
            "caption": self.field.text.strip(),
            "slot": self.slot.value,
            "audience": self.audience.value,
        }
        refused = self.say("photo.describe", args)
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self._draft(""))
        self.done(self.words("photos", "described"))

    def _choice(self, name: str, options: tuple[tuple[str, str], ...], now: str) -> Choice:
        """One of several, under its name; nothing is shown where there is nothing to choose."""
        chosen = drafted.read(self.shell, self._draft(name), now)
        choice = Choice(options=options, value=chosen)
        choice.bind(on_pick=lambda _choice, code: self._pick(name, code))
        if options:
            self.add_widget(Para(text=self.words("photos", name), role="label", tone="text_2"))
            self.add_widget(choice)
        return choice

    def _pick(self, name: str, code: str) -> None:
        choice = self.slot if name == "slot" else self.audience
        choice.value = code
        self.shell.drafts.keep(self._draft(name), code)
        self._mean()

    def _mean(self) -> None:
        self.meaning.text = self.words("photos", f"{self.audience.value}_detail")

    def _add(self, phrase: str) -> None:
        self.field.text = with_words(self.field.text, phrase)
        self.field.error = ""
        self.shell.drafts.keep(self._draft("caption"), self.field.text)

    def _draft(self, name: str) -> str:
        return self.key("photo", self.args["photo"], name)


class DropPhotoSheet(AboutPhoto):
    """Why a photo is taken back: one tap, or in one's own words."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw the usual reasons and a field."""
        if self.found() is None:
            return
        words = self.words
        self.title = words("photos", "drop_title")
        self.add_widget(Para(text=words("photos", "drop_lead"), tone="text_2"))
        card = Drawn(partial(_reasons, words=words), is_card=False, pad_dp=0)
        self.rows(card, lambda code: self._drop(words("photo_reasons", code)))
        self.field = drafted.text_field(
            self.shell,
            self.key("photo", self.args["photo"], "drop"),
            label=words("photos", "drop_reason"),
        )
        self.add_widget(self.field)
        self.foot(("confirm", words("photos", "drop_confirm"), "danger", self.drop))

    def drop(self) -> None:
        """Take it back for the reason that was typed."""
        reason = self.field.text.strip()
        if not reason:
            self.field.error = self.words("photos", "drop_unchosen")
            return
        self._drop(reason)

    def _drop(self, reason: str) -> None:
        refused = self.say("photo.drop", {"photo": self.args["photo"], "reason": reason})
        if refused is not None:
            self.field.error = self.words.explain(refused)
            return
        self.shell.drafts.clear(self.key("photo", self.args["photo"], ""))
        self.done(self.words("photos", "dropped"))
        if self.shell.here().screen == "photo":
            self.shell.back()


class RawPhotoSheet(Asking):
    """Why a picture cannot become a photo (`args["slip"]`), and what to do about it."""

    def build(self, _sheet: JobSheet) -> None:
        """Draw the reason."""
        slip = self._slip()
        if slip is None:
            self.leave_soon()
            return
        words = self.words
        self.title = words("photos", "failed_title")
        self.add_widget(Drawn(partial(_why, text=why(slip, words)), is_card=False, pad_dp=0))
        self.foot(
            ("again", words("photos", "again"), "primary", self.again),
            ("discard", words("photos", "discard"), "danger", self.discard),
        )

    def again(self) -> None:
        """Try once more: there may be room now."""
        self.shell.darkroom.again(self.args["slip"])
        self.shell.close_sheet()
        self.shell.refresh()

    def discard(self) -> None:
        """Let it go."""
        self.shell.darkroom.discard(self.args["slip"])
        self.done(self.words("photos", "discarded"))
        self.shell.refresh()

    def _slip(self) -> Slip | None:
        waiting = self.shell.darkroom.waiting(self.args["job"])
        return next((one for one in waiting if one.id == self.args.get("slip")), None)


def _reasons(pen: Pen, words: Words) -> None:
    for index, code in enumerate(DROP_REASONS):
        if index:
            pen.line()
        pen.row(code, [(words("photo_reasons", code), "body_strong", "text")])


def _why(pen: Pen, text: str) -> None:
    pen.notice("error", text, "danger")
