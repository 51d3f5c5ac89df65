"""Texts: what people read, in their language, from `assets/texts/<language>.toml`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

LANGUAGES: Final = ("en", "zh")
HEADER_CHARS_MAX: Final = 200


class Texts(Struct, frozen=True, kw_only=True):
    """Every text by language and dotted key, and the language of those who ask for none."""

    by_language: Mapping[str, Mapping[str, Any]]
    language: str = LANGUAGES[0]

    def knows(self, key: str) -> bool:
        """Whether there is a text under this key."""
        return key in self.by_language[self.language]

    def say(self, language: str, key: str, params: Mapping[str, Any] | None = None) -> str:
        """A text with its values filled in; the key itself where there is no text."""
        values = dict(params or {})
        text = self.by_language[language].get(key, key)
        if isinstance(text, Mapping):
            text = text["one"] if values.get("count") == 1 and "one" in text else text["other"]
        return str(text).format_map(_Blank(values)) if "{" in text else str(text)

    def language_of(self, accepted: str) -> str:
        """The best language we have for an `Accept-Language` header (RFC 9110, 12.5.4)."""
        for wanted in _by_preference(accepted[:HEADER_CHARS_MAX]):
            if wanted in self.by_language:
                return wanted
        return self.language


class _Blank(dict[str, Any]):
    """A value that was not given is shown as a dash, not as an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def load_texts(assets: Path, language: str = LANGUAGES[0]) -> Texts:
    """The texts of every language there is a file for."""
    found = {}
    for path in sorted((assets / "texts").glob("*.toml")):
        found[path.stem] = dict(_leaves(tomllib.loads(path.read_text(encoding="utf-8"))))
    return Texts(by_language=found, language=language)


def _leaves(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    leaves: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, dict) and not ("other" in value and value.keys() <= {"one", "other"}):
            leaves += _leaves(value, f"{prefix}{key}.")
        else:
            leaves.append((f"{prefix}{key}", value))
    return leaves


def _by_preference(accepted: str) -> list[str]:
    weighed = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        weighed.append((-weight, place, tag.strip().lower().partition("-")[0]))
    return [tag for weight, _, tag in sorted(weighed) if weight < 0]
