"""Fields to type into: texts, numbers with a unit, and what is searched for."""

from pathlib import Path
from typing import Any, Final

from kivy.clock import Clock
from kivy.core.text import Label
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.textinput import TextInput

from mobile.widgets.look import load
from shared.amounts import without_control_characters

INPUT_TYPES: Final = ("text", "number", "url", "mail", "datetime", "tel", "address", "null")


class Entry(TextInput):
    """What is typed into. `before` may take a touch away from it, to open the device's editor."""

    before = ObjectProperty(None, allownone=True)

    def on_touch_down(self, touch: Any) -> bool:
        """Ask `before` first."""
        inside = self.collide_point(*touch.pos) and not self.disabled
        if inside and self.before is not None and self.before():
            return True
        return bool(super().on_touch_down(touch))

    def insert_text(self, substring: str, from_undo: bool = False) -> None:  # noqa: FBT001, FBT002
        """What cannot be kept is not taken over from where it was copied: nobody would find it."""
        if not self.multiline:
            substring = " ".join(substring.splitlines())
        super().insert_text(without_control_characters(substring), from_undo)


class TextField(BoxLayout):
    """A text to be filled in, with its name, a hint, what is wrong with it, and its unit.

    `on_typed` tells each change by a person, `on_enter` the key of that name, `on_left` that the
    field was left. Setting `text` tells nothing. `editor` is `shell.adapters.text_entry.edit`,
    where a text should be edited in the device's own dialog.
    """

    label = StringProperty("")
    label_role = StringProperty("label")
    text = StringProperty("")
    hint = StringProperty("")
    note = StringProperty("")
    error = StringProperty("")
    hint_fits = BooleanProperty(defaultvalue=True)
    long = StringProperty("")  # how much longer it is than what can be kept; stands before `error`
    warning = StringProperty("")
    unit = StringProperty("")
    icon = StringProperty("")
    rows = NumericProperty(1)
    size_sp = NumericProperty(16)
    secret = BooleanProperty(defaultvalue=False)
    focused = BooleanProperty(defaultvalue=False)
    input_type = OptionProperty("text", options=INPUT_TYPES)
    editor = ObjectProperty(None, allownone=True)
    clearable = BooleanProperty(defaultvalue=False)
    clear_a11y = StringProperty("")
    tail_width = NumericProperty(0)

    __events__ = ("on_typed", "on_enter", "on_left")

    def __init__(self, **given: Any) -> None:
        self._begin = Clock.create_trigger(self._to_beginning)
        super().__init__(**given)

    def on_kv_post(self, _base: Any) -> None:
        """The rule was applied."""
        self.ids.entry.before = self._edit
        self.ids.entry.fbind("width", self._begin)
        for name in ("width", "font_size", "font_name"):
            self.ids.entry.fbind(name, self._measure)
        self.fbind("hint", self._measure)
        self._begin()
        self._measure()

    def on_text(self, _field: Any, text: str) -> None:
        """Show it, unless that is where it came from."""
        if "entry" in self.ids and self.ids.entry.text != text:
            self.ids.entry.text = text
            self._begin()

    def on_typed(self, text: str) -> None:
        """A person changed the text."""

    def on_enter(self) -> None:
        """Enter was pressed."""

    def on_left(self) -> None:
        """The field was left."""

    def focus(self) -> None:
        """Let the keyboard write here."""
        if not self._edit():
            self.ids.entry.focus = True
            self.ids.entry.do_cursor_movement("cursor_end", control=True)

    def clear(self) -> None:
        """Empty it, as a person does."""
        self.ids.entry.text = ""

    def typed(self, text: str) -> None:
        """The entry changed."""
        if text != self.text:
            self.text = text
            self.dispatch("on_typed", text)

    def focus_changed(self, focused: bool) -> None:  # noqa: FBT001
        """The entry was entered or left."""
        was, self.focused = self.focused, focused
        if was and not focused:
            self.dispatch("on_left")

    def _measure(self, *_: Any) -> None:
        """A hint that is wider than a line of the entry would be cut: it stands below, then."""
        entry = self.ids.entry
        if self.rows == 1 and self.hint:
            ruler = Label(font_name=entry.font_name, font_size=entry.font_size)
            self.hint_fits = ruler.get_extents(self.hint)[0] <= max(entry.width, 1)

    def _to_beginning(self, _passed: float) -> None:
        """A long text is read from its beginning."""
        if not self.focused:
            self.ids.entry.cursor = (0, 0)

    def _edit(self) -> bool:
        """Whether the device's own editor was opened."""
        if self.editor is None or self.disabled:
            return False
        return bool(self.editor(self.label or self.hint, self.text, self._edited))

    def _edited(self, text: str | None) -> None:
        if text is not None:
            self.ids.entry.text = without_control_characters(text)
        self.dispatch("on_left")


class NumberField(TextField):
    """A number, with its unit. What counts as one is for the screen to say."""


class SearchField(TextField):
    """What is looked for; each change is told by `on_typed`."""


load(Path(__file__))
