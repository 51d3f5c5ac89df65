"""Tag sets: the words by which requests are classified, as data that the office may change."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.amounts import Line
from shared.ids import derive
from shared.records import Record

TAGS_MAX: Final = 100
TIERS: Final = "tiers"  # the set that customers are sorted by
Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$(?!\n)")]
OptionalCode = Annotated[str, Meta(pattern=r"^([a-z][a-z0-9_]{0,39})?$(?!\n)")]


class Tag(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One word: its code, what it is called, and the word that it stands under.

    One that is `retired` is not offered any more; what was classified with it stays so.
    """

    code: Code
    en: Line
    zh: Line
    under: str = ""
    retired: bool = False


class TagSet(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One way to classify a request (R-CLS-02 to R-CLS-06, C-14). Its words may be changed.

    One word is chosen, or `several`; `source` names where the set comes from.
    """

    home = ("catalog", "")

    code: Code
    en: Line
    zh: Line
    several: bool = False
    source: str = ""
    tags: Annotated[tuple[Tag, ...], Meta(max_length=TAGS_MAX)] = ()


def tag_set_id(code: str) -> str:
    """The id of a tag set that the product came with."""
    return derive("tag_set", code)
