"""What an op says by one of a few codes is known, so that whoever corrects it reads words."""

import re
from collections.abc import Iterator

from msgspec import inspect

from shared.kinds import REGISTRY
from shared.mending import CHOICES, OWN_CHOICES, choices_of
from shared.texts import LANGUAGES
from tests.shared.test_texts import TEXTS

ONE_OF: re.Pattern[str] = re.compile(r"^\^\(([a-z_|]+)\)\??\$")


def few(kind: inspect.Type) -> frozenset[str]:
    """The codes that a field may hold, where they are few; that it says nothing is none of them."""
    if isinstance(kind, inspect.LiteralType):
        return frozenset(str(one) for one in kind.values if one)
    if isinstance(kind, inspect.UnionType):
        return frozenset().union(*map(few, kind.types))
    found = ONE_OF.match(kind.pattern or "") if isinstance(kind, inspect.StrType) else None
    return frozenset(found[1].split("|")) if found else frozenset()


def said_by_code() -> Iterator[tuple[str, str, frozenset[str]]]:
    for name, kind in REGISTRY.kinds.items():
        told = inspect.type_info(kind.args)
        assert isinstance(told, inspect.StructType)
        for field in told.fields if kind.device and not kind.sealed else ():
            if codes := few(field.type):
                yield name, field.name, codes


def test_every_code_that_a_phone_may_say_can_be_chosen_when_it_is_corrected() -> None:
    for kind, field, codes in said_by_code():
        assert frozenset(choices_of(kind)[field][1]) == codes, (kind, field)


def test_every_choice_has_words_in_both_languages() -> None:
    for language in LANGUAGES:
        groups = TEXTS[language].groups
        for choices in (CHOICES, *OWN_CHOICES.values()):
            wordless = [
                code
                for group, codes in choices.values()
                for code in codes
                if code not in groups[group]
            ]
            assert wordless == []
            assert choices.keys() <= groups["fields"].keys()
