"""Fields whose text is kept as it is typed, and is there again after a kill."""

from typing import Any

from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget

from mobile.shell import Shell
from mobile.widgets.fields import NumberField, TextField


def text_field(shell: Shell, key: str, *, else_text: str = "", **given: Any) -> TextField:
    """A field that shows what was begun under this key, else this text."""
    field = TextField(editor=shell.adapters.text_entry.edit, **given)
    return _drafted(shell, key, field, else_text)


def number_field(shell: Shell, key: str, *, else_text: str = "", **given: Any) -> TextField:
    """A field for a number."""
    return _drafted(shell, key, NumberField(**given), else_text)


def read(shell: Shell, key: str, otherwise: str = "") -> str:
    """What was begun under a key."""
    kept = shell.drafts.read(key)
    return otherwise if kept is None else kept


def let_go(widget: Widget) -> None:
    """Let no field below a widget hear the keyboard any more: what is out of sight is not typed."""
    for one in widget.walk(restrict=True):
        if isinstance(one, TextInput) and one.focus:
            one.focus = False


def _drafted(shell: Shell, key: str, field: TextField, otherwise: str) -> TextField:
    field.text = read(shell, key, otherwise)
    field.ids.entry.cursor = (0, 0)  # a long text is read from its beginning

    def keep(_field: TextField, text: str) -> None:
        field.error = ""
        shell.drafts.keep(key, text)

    field.bind(on_typed=keep)
    return field
