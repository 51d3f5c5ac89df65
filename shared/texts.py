"""Texts for people: one catalogue per language, and a formatter that no input can upset."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from shared.errors import Params, Refused
from shared.ids import is_id

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
UNKNOWN: Final = "…"
ACCEPT_LANGUAGE_CHARS_MAX: Final = 1000

NAMELESS: Final = ("unknown_field", "future_field")  # no text can know the name of the field
REASONS: Final = ("refusals", "command", "problems")  # where a reason may be worded

# A parameter that is itself a code is shown by its own text: parameter -> group.
WORDS: Final = {
    "event": "ticket_events",
    "field": "fields",
    "outcome": "outcomes",
    "paper": "return_papers",
    "priority": "priorities",
    "role": "roles",
    "status": "statuses",
    "step": "return_steps",
    "verb": "buttons",
    "verdict": "verdicts",
    "wanted": "statuses",
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_WEIGHT = re.compile(r"(?:0(?:\.\d{1,3})?|1(?:\.0{1,3})?)\Z")


class Plural(Struct, frozen=True, kw_only=True):
    """A text that depends on a count. Chinese needs no `one`."""

    other: str
    one: str | None = None


class Catalogue(Struct, frozen=True, kw_only=True):
    """All texts of one language: group -> code -> text. Inner tables are groups `outer.inner`."""

    groups: Mapping[str, Mapping[str, str | Plural]]


def parse(*tomls: str) -> Catalogue:
    """The catalogue in TOML texts, put together.

    Raises ValueError where a leaf is not a text, or where two of them word the same code.
    """
    groups: dict[str, dict[str, str | Plural]] = {}
    for toml in tomls:
        _collect(tomllib.loads(toml), "", groups)
    return Catalogue(groups=groups)


def say(
    catalogue: Catalogue,
    group: str,
    code: str,
    params: Params | None = None,
    *,
    count: int | None = None,
) -> str:
    """The text of a code, its placeholders filled; the code itself where there is no text.

    `count` chooses between singular and plural, and fills `{count}`. A parameter that is missing,
    or an id instead of a name, becomes an ellipsis. Values are put in as they are: no brace in
    them means anything.
    """
    text = catalogue.groups.get(group, {}).get(code)
    if text is None:
        return code
    given: Params = {**(params or {}), **({} if count is None else {"count": count})}
    if isinstance(text, Plural):
        text = text.one if given.get("count") == 1 and text.one is not None else text.other
    return _PLACEHOLDER.sub(lambda found: _word(catalogue, found[1], given), text)


def has_text(catalogue: Catalogue, group: str, code: str) -> bool:
    """Whether there is a text for a code."""
    return code in catalogue.groups.get(group, {})


def explain(catalogue: Catalogue, refused: Refused) -> str:
    """What is wrong, where, and what to do.

    The field is named in words, or, where it is the name that nobody knows, as it was given. What
    a command was told, such as a number or a file, is named with its `value`.
    """
    named = field_name(refused.field)
    if has_text(catalogue, "given", named):
        named = say(catalogue, "given", named, refused.params)
    elif refused.code not in NAMELESS and not has_text(catalogue, "fields", named):
        named = "unnamed"
    groups = (one for one in REASONS if has_text(catalogue, one, refused.code))
    group = next(groups, REASONS[0])
    return say(catalogue, group, refused.code, {**refused.params, "field": named})


def field_name(path: str | None) -> str:
    """The last step of a field's path, `text` of `ops[0].args.text`."""
    return (path or "").rpartition(".")[2].partition("[")[0] or "unnamed"


def choose_language(accept_language: str | None, otherwise: Language = "en") -> Language:
    """The language of ours that an Accept-Language header (RFC 9110) likes best."""
    best: tuple[float, Language] = (0.0, otherwise)
    for choice in (accept_language or "")[:ACCEPT_LANGUAGE_CHARS_MAX].split(","):
        tag, _, rest = choice.strip().partition(";")
        name, _, weight = rest.strip().partition("=")
        liking = 1.0 if name.strip() != "q" else _weight(weight.strip())
        spoken = tag.strip().lower().partition("-")[0]
        for language in LANGUAGES:
            if spoken == language and liking > best[0]:
                best = (liking, language)
    return best[1]


def _collect(
    table: dict[str, Any], prefix: str, groups: dict[str, dict[str, str | Plural]]
) -> None:
    for key, value in table.items():
        if key in groups.get(prefix, {}):
            raise ValueError(f"{prefix}.{key} is worded twice")
        if isinstance(value, str) and prefix:
            groups.setdefault(prefix, {})[key] = value
        elif isinstance(value, dict) and _is_plural(value):
            groups.setdefault(prefix, {})[key] = Plural(other=value["other"], one=value.get("one"))
        elif isinstance(value, dict):
            _collect(value, f"{prefix}.{key}" if prefix else key, groups)
        else:
            raise ValueError(f"{prefix}.{key} is not a text in a group")


def _is_plural(table: dict[str, Any]) -> bool:
    return (
        "other" in table
        and table.keys() <= {"one", "other"}
        and all(isinstance(form, str) for form in table.values())
    )


def _word(catalogue: Catalogue, name: str, given: Params) -> str:
    value = given.get(name)
    if value is None or (isinstance(value, str) and is_id(value)):
        return UNKNOWN
    return say(catalogue, WORDS[name], str(value)) if name in WORDS else str(value)


def _weight(text: str) -> float:
    return float(text) if _WEIGHT.match(text) else 0.0
