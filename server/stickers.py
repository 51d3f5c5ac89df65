"""Stickers of machines: the link that leads to the form for one, and labels that carry it."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from server import printing, promises
from server.links import ASKING
from server.office import Office
from server.papers import printer
from server.queries import money
from shared.ids import fingerprint
from shared.papers.stickers import Heading, Paper, Sticker, stickers
from shared.texts import Language, say

AT_ONCE_MAX: Final = 210  # ten sheets: what is more comes in several parts


def link(office: Office, machine: str) -> str:
    """The address of the form for this machine."""
    return f"{office.settings.public_url.rstrip('/')}{ASKING}?{urlencode({'machine': machine})}"


def parts(count: int) -> list[tuple[int, int, int]]:
    """In which parts so many labels are printed: the number of each, from which to which label."""
    return [
        (place // AT_ONCE_MAX + 1, place + 1, min(place + AT_ONCE_MAX, count))
        for place in range(0, count, AT_ONCE_MAX)
    ]


def part_of(machines: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """The machines of one part; none where there is no such part."""
    return machines[max(number - 1, 0) * AT_ONCE_MAX :][:AT_ONCE_MAX] if number > 0 else []


def printed(
    office: Office, machines: Iterable[dict[str, Any]], paper: Paper, language: Language
) -> bytes:
    """The labels of some machines as a PDF. Raises `Problem` where the press is busy."""
    found = [_sticker(office, one) for one in machines]
    catalogue = office.texts.catalogues[language]
    with office.reading() as books:
        house = money.organisation(books) or {}
    heading = Heading(
        title=say(catalogue, "stickers", "title"),
        house=promises.company(office, language),
        phone=str(house.get("phone") or ""),
        scan=say(catalogue, "stickers", "scan"),
        serial=say(catalogue, "stickers", "serial"),
        language=language,
        identity=fingerprint("".join(one.link for one in found) + language)[:32],
        made_at=office.now_ms(),
    )
    with printing.alone():
        return stickers(found, heading, paper, printer(office.texts, office.settings).fonts)


def _sticker(office: Office, machine: dict[str, Any]) -> Sticker:
    return Sticker(
        name=machine["name"],
        model=machine["model"] if machine["model"] != machine["name"] else "",
        serial=machine["serial"],
        link=link(office, machine["id"]),
    )
