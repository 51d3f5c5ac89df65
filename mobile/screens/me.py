"""Me: whose phone this is, how it is set, and how it stands with the office."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from msgspec import structs

from mobile.screens import offers, rescuing
from mobile.screens.offers import Offer
from mobile.shell import Place, Settings
from mobile.views.settings import Fact, Known, Option, SettingsView, settings
from mobile.widgets.blocks import KeyValue
from mobile.widgets.look import load
from mobile.widgets.page import Page

SYSTEM: Final = "system"


class MeScreen(Page):
    """All settings on one page; each press is kept at once."""

    nav = "me"
    name = StringProperty("")
    person = StringProperty("")
    initials = StringProperty("")
    trouble = StringProperty("")
    pin_text = StringProperty("")
    pin_set = BooleanProperty(defaultvalue=False)
    storage_note = StringProperty("")
    view = ObjectProperty(None, allownone=True)

    def refresh(self) -> None:
        """Read how everything stands and draw it."""
        trouble = self.shell.traffic.trouble
        self.trouble = self.words.explain(trouble) if trouble is not None else ""
        view = settings(self._known(), self.words, self.shell.now)
        if view == self.view:
            return
        self.view = view
        self.name, self.person = view.name or view.person, view.person
        self.initials = _initials(self.name)
        self.pin_text, self.pin_set = view.pin, view.pin_set
        self.storage_note = view.storage_note
        self._draw_choices(view)
        offers.put(self.ids.pin_offers, self._pin_offers())
        groups = (
            ("sync_facts", view.sync),
            ("diagnostics", view.diagnostics),
            ("storage", view.storage),
            ("about", view.about),
        )
        for box, facts in groups:
            self._draw(self.ids[box], facts)

    def choose(self, **changed: Any) -> None:
        """Another setting is wanted."""
        if changed.get("theme") == SYSTEM:
            changed["theme"] = None
        wanted: Settings = structs.replace(self.shell.settings, **changed)
        if wanted != self.shell.settings:
            self.shell.change(wanted)

    def sync(self) -> None:
        """Talk to the office now."""
        self.shell.ring()
        self.shell.note(self.words("outbox", "sending"))

    def set_pin(self) -> None:
        """Choose a PIN; an old one is asked for first."""
        args = {"then": "choose"} if self.pin_set else {"step": "choose", "from": "me"}
        self.shell.go(Place("pin", args))

    def drop_pin(self) -> None:
        """Do without one, after the old one."""
        self.shell.go(Place("pin", {"then": "drop"}))

    def rescue(self) -> None:
        """Pack what the office does not have into a file."""
        rescuing.pack(self.shell)

    def enrol(self) -> None:
        """Enrol this phone again."""
        self.shell.go(Place("enrol"))

    def _pin_offers(self) -> list[Offer]:
        code = "pin_change" if self.pin_set else "pin_set"
        found = [Offer(self.words("settings", code), self.set_pin, "outline", "password")]
        if self.pin_set:
            found.append(Offer(self.words("settings", "pin_drop"), self.drop_pin, "text"))
        return found

    def _known(self) -> Known:
        shell, phone = self.shell, self.shell.phone
        return Known(
            login=phone.owner.login,
            code=phone.owner.code,
            server=phone.owner.server,
            theme=shell.settings.theme or SYSTEM,
            text_scale=shell.settings.text_scale,
            list_style=shell.settings.list_style,
            photos=shell.settings.photos,
            pin_set=shell.lock.is_set,
            used_bytes=_used(phone.folder),
            chip=shell.chip(),
            condition=phone.condition(),
        )

    def _draw_choices(self, view: SettingsView) -> None:
        for box, options in (
            ("languages", view.languages),
            ("themes", view.themes),
            ("scales", view.scales),
            ("styles", view.styles),
            ("photos", view.photos),
        ):
            choice = self.ids[box]
            choice.options = [(one.code, one.label) for one in options]
            choice.value = _chosen(options)

    def _draw(self, box: Any, facts: Iterable[Fact]) -> None:
        box.clear_widgets()
        for fact in facts:
            tone = fact.tone if fact.tone != "neutral" else "text"
            box.add_widget(KeyValue(name=fact.name, value=fact.value, tone=tone))


def _chosen(options: Iterable[Option]) -> str:
    return next((one.code for one in options if one.chosen), "")


def _used(folder: Path) -> int:
    """How many bytes the app's own files take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _initials(name: str) -> str:
    """The first letters of a name's words; of a Chinese name its last two characters."""
    if not name.isascii():
        return name[-2:]
    return "".join(word[0] for word in name.split()[:2]).upper()


load(Path(__file__))
