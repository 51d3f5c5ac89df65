"""The texts of the server: one catalogue per language, read once, chosen per request."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from shared.texts import LANGUAGES, Catalogue, Language, choose_language, parse


class Texts(Struct, frozen=True, kw_only=True):
    """A catalogue per language, and the language of those who ask for none of ours."""

    catalogues: Mapping[Language, Catalogue]
    language: Language = LANGUAGES[0]

    def language_of(self, accepted: str) -> Language:
        """The best language we have for an `Accept-Language` header."""
        return choose_language(accepted, self.language)

    def of(self, accepted: str) -> Catalogue:
        """The catalogue in that language."""
        return self.catalogues[self.language_of(accepted)]


@cache
def read_catalogue(folder: Path) -> Catalogue:
    """The texts of one language: all files of its folder together, read once by each process."""
    files = sorted(folder.glob("*.toml"))
    return parse(*(path.read_text(encoding="utf-8") for path in files))


def load_texts(assets: Path, language: str = LANGUAGES[0]) -> Texts:
    """The texts of every language."""
    return Texts(
        catalogues={one: read_catalogue(assets / "texts" / one) for one in LANGUAGES},
        language=next(one for one in LANGUAGES if one == language),
    )
