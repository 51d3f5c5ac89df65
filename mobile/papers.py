"""Papers on a phone: from its own database and photos, into a folder beside them."""

from collections.abc import Collection, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mobile import evidence
from mobile.database import room
from mobile.device import write_private
from mobile.queries import Queries
from mobile.texts import ASSETS, catalogue
from shared.clock import zone_of
from shared.document import SeenPhoto
from shared.errors import Refused, refuse_value
from shared.papers import KINDS, PICTURES_BYTES_MAX, SIZES
from shared.records import State
from shared.sign_off import SignedDocument, SignOff
from shared.texts import LANGUAGES, Catalogue, Language

if TYPE_CHECKING:
    from shared.papers.gathering import Printed, Printer

FOLDER: Final = "papers"
FONT: Final = "fonts/FieldfareUI-{cut}.ttf"


class Asked(Struct, frozen=True, kw_only=True):
    """Which paper: of the job with this number or id, on A4 or a roll of 80 mm.

    `subject` is the payment or the item a receipt is for, or the visit that a report is of (none:
    the one that was signed last); `now_ms` stands on what nobody signed.
    Without a `language` it is the one that was signed in.
    """

    number: str
    kind: str = "report"
    paper: str = "a4"
    language: str = ""
    subject: str | None = None
    now_ms: int


class Made(Struct, frozen=True, kw_only=True):
    """A paper that was made: where it lies, and what it is."""

    file: Path
    content_hash: str
    pages: int
    state: str


def make(queries: Queries, folder: Path, asked: Asked) -> Made | Refused:
    """Make a paper in the folder of an installation. Raises `Full` and `Shut`.

    It takes half a second of work: for a thread of its own, with queries of its own.
    """
    printed = print_out(queries, folder, asked)
    if isinstance(printed, Refused):
        return printed
    file = folder / FOLDER / printed.name
    with room():
        write_private(file, printed.pdf)
    return Made(
        file=file,
        content_hash=printed.content_hash,
        pages=printed.pages,
        state=printed.state,
    )


def print_out(queries: Queries, folder: Path, asked: Asked) -> "Printed | Refused":
    """The bytes of a paper."""
    from shared.papers import gathering

    order = queries.job_named(asked.number)
    kind = next((one for one in KINDS if one == asked.kind), None)
    size = next((one for one in SIZES if one == asked.paper), None)
    if order is None:
        return refuse_value("unknown_subject", "wo", value=asked.number)
    if kind is None or size is None:
        return refuse_value("unknown_choice", "kind" if kind is None else "paper")
    wanted = gathering.Asked(
        order=order.id,
        kind=kind,
        size=size,
        language=next((one for one in LANGUAGES if one == asked.language), None),
        subject=asked.subject,
        now_ms=asked.now_ms,
    )
    return gathering.print_paper(wanted, _Shelf(queries, folder), printer())


def printer() -> "Printer":
    """What papers are printed with on this phone."""
    from shared.papers.gathering import Printer
    from shared.papers.press import Fonts

    cuts = (ASSETS / FONT.format(cut=cut) for cut in ("Regular", "SemiBold"))
    regular, bold = (path.read_bytes() for path in cuts)
    return Printer(
        catalogue=_catalogue,
        zone=zone_named,
        fonts=Fonts(regular=regular, bold=bold),
    )


def zone_named(name: str) -> tzinfo:
    """A time zone by its name; where this phone does not know it, that of all."""
    return zone_of(name) or UTC


def _catalogue(language: Language) -> Catalogue:
    return catalogue(language)


class _Shelf:
    """This phone's rows and photos."""

    def __init__(self, queries: Queries, folder: Path) -> None:
        self._queries, self._folder = queries, folder

    def shown(self, jobs: Collection[str]) -> State:
        return self._queries.printable(jobs)

    def signed_document(self, sign_off: SignOff) -> SignedDocument | None:
        return self._queries.signed_document(sign_off)

    def pictures(self, photos: Sequence[SeenPhoto]) -> dict[str, bytes]:
        """What is here, until it is too much for one paper."""
        found: dict[str, bytes] = {}
        left = PICTURES_BYTES_MAX
        for sha256 in dict.fromkeys(one.sha256 for one in photos):
            path = evidence.path_of(self._folder, sha256)
            if path is not None:
                size = path.stat().st_size
                found[sha256] = path.read_bytes() if size <= left else b""
                left -= len(found[sha256])
        return found
