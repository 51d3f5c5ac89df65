"""Drawing on a photo: an arrow, a ring. The photo stays as it is; the drawing is a new one."""

from pathlib import Path
from typing import Any, Final

import msgspec
from kivy.clock import Clock
from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from mobile.darkroom import Slip
from mobile.device import dice
from mobile.pictures import Line
from mobile.queries.photos import Pictured
from mobile.screens import job_acts
from mobile.screens.photo import pictured
from mobile.shell import Shell
from mobile.theme import rgba
from mobile.widgets.buttons import PushButton
from mobile.widgets.look import load, theme
from mobile.widgets.page import Page
from mobile.widgets.pictures import THICK, THIN
from mobile.widgets.press import Pressable, rest
from shared.ids import RANDOM_BYTES, uuid7

COLOURS: Final = {
    "red": "#E0241B",
    "yellow": "#FFD400",
    "blue": "#1C6DF2",
    "white": "#FFFFFF",
    "black": "#111111",
}
SURE_S: Final = 4.0


class Dab(Pressable, Widget):
    """A colour to draw with."""

    colour = StringProperty("#000000")
    active = BooleanProperty(defaultvalue=False)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        for name in ("pos", "size", "colour", "active"):
            self.fbind(name, self._paint)
        self._paint()

    def _paint(self, *_: Any) -> None:
        self.canvas.clear()
        side = dp(34) if self.active else dp(26)
        corner = (self.center_x - side / 2, self.center_y - side / 2)
        with self.canvas:
            Color(*rgba(self.colour))
            SmoothEllipse(pos=corner, size=(side, side))
            Color(*theme.control)
            SmoothLine(circle=(self.center_x, self.center_y, side / 2), width=dp(0.7))
            if self.active:
                Color(*theme.primary)
                SmoothLine(circle=(self.center_x, self.center_y, dp(22)), width=dp(1.2))


class DrawScreen(Page):
    """`args` name the job (`id`) and the `photo`. Each line is kept as it is drawn."""

    title = StringProperty("")
    subtitle = StringProperty("")

    def __init__(self, shell: Shell, **given: Any) -> None:
        super().__init__(shell, **given)
        self.found: Pictured | None = None
        self.lines: list[Line] = []
        self._sure: Any = None
        self.pad = self.ids.pad
        self.pad.bind(on_stroke=lambda _pad, points: self.stroke(points))
        self.dabs: dict[str, Dab] = {}
        for name, colour in COLOURS.items():
            dab = Dab(colour=colour, a11y=self.words("photo_colours", name))
            dab.bind(on_release=lambda _dab, name=name: self.pick(name))
            self.dabs[name] = dab
            self.ids.colours.add_widget(dab)
        self.pick("red")
        self.clear_button: PushButton = self.ids.clear_button

    def show(self, args: dict[str, str]) -> None:
        """Show this photo with what was begun on it."""
        if args != self.args:
            self.pad.let_go()
        super().show(args)
        self.lines = self._kept()
        self._redraw()

    def leave(self) -> None:
        """Keep no picture in memory that nobody looks at."""
        self.pad.let_go()

    def refresh(self) -> None:
        """Read the photo anew; a drawing that was begun stays as it is."""
        queries, job = self.shell.phone.queries, self.args.get("id", "")
        sheet = queries.sheet(job)
        photos = queries.photos(job) if sheet is not None else ()
        self.found = pictured(photos, self.args.get("photo", ""))
        self.title = self.words("photos", "draw")
        self.subtitle = self.words.called(sheet.order) if sheet is not None else ""
        self.ids.acts.disabled = self.found is None
        if self.found is None:
            self.pad.let_go()
            self.subtitle = self.words("photos", "gone")
            return
        one = self.found.photo
        self.pad.look_at(self.found.thumb, self.found.full, (one.width, one.height))

    def pick(self, name: str) -> None:
        """Draw in this colour from now on."""
        self.pad.colour = COLOURS[name]
        for code, dab in self.dabs.items():
            dab.active = code == name

    def thicken(self) -> None:
        """Draw thicker, or thinner."""
        self.pad.thickness = THIN if self.pad.thickness == THICK else THICK

    def stroke(self, points: tuple[float, ...]) -> None:
        """A line was drawn: it is kept at once."""
        if self.found is not None:
            self.lines.append(Line(self.pad.colour, self.pad.thickness, points))
            self._changed()

    def undo(self) -> None:
        """Take back the last line."""
        if self.lines:
            self.lines.pop()
            self._changed()

    def clear(self) -> None:
        """Take back all lines, once that is sure."""
        if not self.lines:
            return
        if self._sure is None:
            self.clear_button.text = self.words("photos", "clear_sure")
            self._sure = Clock.schedule_once(lambda _: self._unsure(), SURE_S)
            return
        self.lines.clear()
        self._changed()

    def save(self) -> None:
        """Hand the drawing over to be made; the photo itself stays as it is."""
        if self.found is None:
            return
        if not self.lines:
            self.shell.note(self.words("photos", "empty_drawing"))
            return
        rest.begin()
        one = self.found.photo
        slip = Slip(
            id=uuid7(self.shell.now, dice(RANDOM_BYTES)),
            person=self.shell.phone.owner.person,
            job=self.args["id"],
            at=self.shell.now,
            caption=one.caption,
            audience=one.audience,
            asset=one.asset_id,
            drawn_on=one.id,
            sha256=one.sha256,
            lines=tuple(self.lines),
        )
        refused = self.shell.darkroom.put(slip)
        if refused is not None:
            self.shell.note(self.words.explain(refused), tone="danger")
            return
        self.shell.drafts.drop(self._key())
        self.shell.adapters.haptics.feel("done")
        self.shell.note(self.words("photos", "drawn"))
        self.shell.back()

    def _changed(self) -> None:
        text = msgspec.json.encode(self.lines).decode()
        self.shell.drafts.keep(self._key(), text)
        self._redraw()

    def _redraw(self) -> None:
        self._unsure()
        self.pad.show_lines(tuple((one.colour, one.width, one.points) for one in self.lines))

    def _unsure(self) -> None:
        if self._sure is not None:
            self._sure.cancel()
        self._sure = None
        self.clear_button.text = self.words("photos", "clear")

    def _kept(self) -> list[Line]:
        try:
            kept = self.shell.drafts.read(self._key()) or "[]"
            return msgspec.json.decode(kept, type=list[Line])
        except msgspec.DecodeError:
            return []

    def _key(self) -> str:
        photo = self.args.get("photo", "")
        return job_acts.draft(self.args.get("id", ""), "draw", photo)


load(Path(__file__))
