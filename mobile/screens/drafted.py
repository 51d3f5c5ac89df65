"""Fields whose text is kept as it is typed, and is there again after a kill."""

from collections.abc import Iterator
from typing import Any, Final

from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget

from mobile.shell import Shell
from mobile.texts import TOO_LONG
from mobile.widgets.fields import NumberField, TextField
from shared.amounts import LINE_CHARS_MAX, TEXT_CHARS_MAX, tidy
from shared.errors import Refused, refuse_value

PHONE_CHARS_MAX: Final = 40


def text_field(shell: Shell, key: str, *, else_text: str = "", **given: Any) -> TextField:
    """A field that shows what was begun under this key, else this text."""
    field = TextField(editor=shell.adapters.text_entry.edit, **given)

    def measure(_field: TextField, _text: str) -> None:
        refused = _excess(field)
        field.long = shell.words.explain(refused) if refused is not None else ""

    field.bind(text=measure)
    return _drafted(shell, key, field, else_text)


def number_field(shell: Shell, key: str, *, else_text: str = "", **given: Any) -> TextField:
    """A field for a number."""
    return _drafted(shell, key, NumberField(**given), else_text)


def read(shell: Shell, key: str, otherwise: str = "") -> str:
    """What was begun under a key."""
    kept = shell.drafts.read(key)
    return otherwise if kept is None else kept


def too_long(widget: Widget, args: dict[str, Any]) -> Refused | None:
    """Why what was typed below a widget and is said in these arguments cannot be kept, if so.

    The rules would refuse it, too, but know neither the field as it is called on the screen nor
    how long the text is.
    """
    said = set(_texts(args))
    fields = (one for one in widget.walk(restrict=True) if isinstance(one, TextField))
    found = (_excess(one) for one in fields if said & {one.text.strip(), tidy(one.text)})
    return next((one for one in found if one is not None), None)


def _excess(field: TextField) -> Refused | None:
    most = TEXT_CHARS_MAX if field.rows > 1 else LINE_CHARS_MAX
    most = PHONE_CHARS_MAX if field.input_type == "tel" else most
    length = len(tidy(field.text))
    if length <= most:
        return None
    named = field.label or field.hint
    return refuse_value(TOO_LONG, "text", name=named, length=length, most=most)


def _texts(value: Any) -> Iterator[str]:
    """Every text among the arguments of an act."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


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
