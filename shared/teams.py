"""Teams and outlets: who works together, from which place, and what each team is there for."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from shared.amounts import Id, Line, OptionalLine
from shared.records import Record

# What a team may be there for; the words are those of the catalogue, of machines and of sites.
TAKING: Final = ("tag", "kind", "product_class", "tier", "zone")
Taking = Literal["tag", "kind", "product_class", "tier", "zone"]
Words = Annotated[tuple[Line, ...], Meta(min_length=1, max_length=60)]
Takes = Annotated[dict[Taking, Words], Meta(max_length=len(TAKING))]
OUTLETS: Final = ("own", "entrusted", "partly")  # R-DSP-16
OutletKind = Literal["own", "entrusted", "partly"]


class Outlet(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A place that customers are served from, and whose it is (R-DSP-16).

    Where an address or its hours are in one language only, the other one shows that.
    """

    home = ("catalog", "")

    en: Line
    zh: Line
    kind: OutletKind
    address_en: OptionalLine = ""
    address_zh: OptionalLine = ""
    phone: OptionalLine = ""
    zone: OptionalLine = ""
    hours_en: OptionalLine = ""
    hours_zh: OptionalLine = ""
    retired: bool = False


def spoken(outlet: Outlet, name: Literal["address", "hours"], language: str) -> str:
    """An address, or hours, in a language; in the other one where there is nothing in this."""
    other = "en" if language == "zh" else "zh"
    return str(getattr(outlet, f"{name}_{language}") or getattr(outlet, f"{name}_{other}"))


class Team(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Technicians who work by the same hours; its calendar, if it has one, has the same id.

    `takes` says which requests it is proposed for: each thing named has to be so, and one word of
    it is enough (R-DSP-02, R-DSP-12). Nothing named, and it is proposed for none.
    """

    home = ("catalog", "")

    name: Line
    outlet_id: Id | None = None
    takes: Takes = field(default_factory=dict)
    retired: bool = False


class Proposal(Struct, frozen=True, kw_only=True):
    """The team that is proposed for a request, and the words because of which it is."""

    team: Team
    because: tuple[tuple[str, str], ...]


def propose(teams: Iterable[Team], told: Mapping[str, tuple[str, ...]]) -> Proposal | None:
    """The team that a request goes to by what is told of it: whichever names most of it."""
    found = [
        Proposal(team=one, because=because)
        for one in teams
        if one.takes and not one.retired
        for because in (_because(one, told),)
        if because
    ]
    return min(found, key=lambda one: (-len(one.because), one.team.name, one.team.id), default=None)


def _because(team: Team, told: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """The first word of each thing a team names; nothing where one of them is not so."""
    found = []
    for name in TAKING:
        wanted = team.takes.get(name)
        if wanted is None:
            continue
        word = next((one for one in told.get(name, ()) if one in wanted), None)
        if word is None:
            return ()
        found.append((name, word))
    return tuple(found)
