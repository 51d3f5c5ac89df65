"""Forms: what somebody typed, as text, with the id under which it is said."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from litestar.enums import RequestEncodingType
from msgspec import Struct

from server.office import AnyRequest
from server.problems import Problem, wrong_field
from shared import typed
from shared.amounts import has_control_characters
from shared.ids import is_id

OP_FIELD: Final = "op"
DIGITS_MAX: Final = 15
FORM_BYTES_MAX: Final = 256_000  # as sent; a Chinese character takes nine
FIELDS_MAX: Final = 500
LINE_BREAKS: Final = str.maketrans({"\r": None, "\n": None, "\t": None})


class Form(Struct, frozen=True, kw_only=True):
    """The fields of a form; one that was not sent is empty."""

    fields: Mapping[str, tuple[str, ...]] = {}

    def text(self, name: str, otherwise: str = "") -> str:
        """What was typed into a field, without the space around it."""
        values = self.fields.get(name, ())
        return values[-1].strip() if values else otherwise

    def all(self, name: str) -> tuple[str, ...]:
        """Everything that was chosen under one name."""
        return tuple(one.strip() for one in self.fields.get(name, ()) if one.strip())

    def number(self, name: str) -> int | None:
        """A whole number that the page put into a field; none if it did not."""
        text = self.text(name)
        if not text:
            return None
        if not is_whole(text):
            raise wrong_field(name)
        return int(text)

    def quantity(self, name: str) -> str:
        """A quantity as the rules want it; what is none as it was typed, for them to refuse."""
        text = self.text(name)
        return typed.quantity(text) or text

    def secret(self, name: str) -> str:
        """A password: what was typed, to the letter."""
        values = self.fields.get(name, ())
        return values[-1] if values else ""

    def has(self, name: str) -> bool:
        """Whether something was typed or chosen."""
        return self.text(name) != ""

    @property
    def op(self) -> str:
        """The id made when the form was drawn, so that sending it twice is once."""
        op = self.text(OP_FIELD)
        if not is_id(op):
            raise wrong_field(OP_FIELD)
        return op


def is_whole(text: str) -> bool:
    """Whether a text is a whole number; a digit of another script or a raised one is none."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX


async def read(request: AnyRequest) -> Form:
    """The form a request carries. Raises `Problem` for what is no text, or too much of it.

    It is read here and not by the web framework, whose parser keeps what it has read: also the
    passwords, and every field of a flood.
    """
    if request.method in ("GET", "HEAD"):
        return Form()
    if request.content_type[0] != RequestEncodingType.URL_ENCODED:
        return Form()
    fields: dict[str, list[str]] = {}
    for name, value in _pairs(await request.body()):
        if has_control_characters(name + value.translate(LINE_BREAKS)):
            raise wrong_field(name)
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Form(fields={name: tuple(values) for name, values in fields.items()})


def _pairs(sent: bytes) -> list[tuple[str, str]]:
    if len(sent) > FORM_BYTES_MAX or sent.count(b"&") >= FIELDS_MAX:
        raise Problem("too_large")
    try:
        return parse_qsl(sent.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise Problem("wrong_request") from error
