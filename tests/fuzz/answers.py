"""What every answer of a server has to be, whatever it was asked, and what its log may say."""

import io
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from server.problems import MEDIA_TYPE, STATUS
from server.texts import Texts

CHINESE: Final = re.compile(r"[一-鿿]")
HOLE: Final = re.compile(r"\{[a-z_]+\}")  # a place that was not filled in
OURS: Final = frozenset({"busy", "no_room"})  # what we could not do, and say so
LANGUAGES: Final = ("en", "zh")
SERVER_ERROR: Final = 500
CLIENT_ERROR: Final = 400


class Broken(AssertionError):
    """Something does not hold that has to hold whatever comes."""


def must(holds: object, said: object) -> None:
    """Raises `Broken` with what was said, unless something holds."""
    if not holds:
        raise Broken(str(said)[:2_000])


class Fault(Struct):
    """What is at fault, as it was told."""

    code: str
    reason: str
    field: str | None = None
    op: str | None = None


class Told(Struct):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] = []


def judge(answer: Any, language: str = "en") -> str | None:
    """The code of an answer that refuses; nothing of a good one. Raises `Broken`."""
    if answer.status_code < CLIENT_ERROR:
        return None
    if answer.request.method == "HEAD":
        must(answer.status_code < SERVER_ERROR, answer.status_code)
        return str(answer.status_code)
    told = _document(answer)
    must(answer.status_code < SERVER_ERROR or told.code in OURS, (answer.status_code, told))
    must((told.status, STATUS.get(told.code)) == (answer.status_code,) * 2, told)
    words = [told.title, told.detail, *(one.reason for one in told.errors)]
    must(all(words), told)
    must(not HOLE.search(" ".join(words)), told)
    if language == "zh":
        must(all(CHINESE.search(one) for one in words), told)
    if told.code in ("wrong_value", "wrong_parameter"):
        is_nameless = told.code == "wrong_parameter" and "" in answer.request.url.params
        must(is_nameless or any(one.field for one in told.errors), told)
    if answer.status_code == 503:
        must(answer.headers.get("Retry-After", "").isdecimal(), answer.headers)
    return told.code


def _document(answer: Any) -> Told:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    must(kind == MEDIA_TYPE, (answer.status_code, kind, answer.content[:300]))
    try:
        return msgspec.json.decode(answer.content, type=Told)
    except msgspec.DecodeError as wrong:
        raise Broken(f"{wrong}: {answer.content[:500]!r}") from wrong


class Ear:
    """Reads a log as it grows: no faults of ours, and none of these secrets."""

    def __init__(self, log: io.StringIO, secrets: Sequence[str] = ()) -> None:
        self._log, self._read = log, len(log.getvalue())
        self.secrets = list(secrets)

    def listen(self) -> None:
        """Raises `Broken` if anything that was said since the last time should not have been."""
        self._log.seek(self._read)
        new = self._log.read()
        self._read += len(new)
        must("Traceback" not in new and " failed" not in new, new)
        must('"level": "error"' not in new, new)
        for secret in self.secrets:
            must(secret not in new, "a secret is in the log")


def in_words(texts: Texts, code: str, detail: dict[str, Any]) -> None:
    """A verdict's reason is a sentence in both languages. Raises `Broken`."""
    from server.problems import reason

    for language in LANGUAGES:
        said = reason(texts.of(language), code, detail)
        must(said and said != code and not HOLE.search(said), (code, said))
