"""Seals: what was shown and is not what the books say, fact by fact, and what nobody signed for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from server.console.speech import NOTHING, Speech
from shared.amounts import quantity_text
from shared.comparing import SUM, Fact, facts
from shared.document import Document
from shared.money import written
from shared.naming import CUSTOMER, NAMES, TECHNICIAN
from shared.records import table
from shared.signing import HASHES, document_in

Item = Mapping[str, Any]

# What is wrong for good: text, hash and seal do not belong together.
BROKEN: Final = (*HASHES, SUM, *NAMES)
MONEY: Final = frozenset({"amount", "price", "net", "estimate"})
QUANTITIES: Final = frozenset({"charge", "part_use"})
WORDED: Final = {
    "outcome": "outcomes",
    "category": "categories",
    "method": "payment_methods",
    "kind": "line_kinds",
    "unit": "units",
}


class Difference(Struct, frozen=True, kw_only=True):
    """One fact that was signed and is not what the books say: what it is, and both values."""

    what: str
    shown: str
    now: str


def wanted(signed: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The ids, by table, of the rows that diverged and waiting sign-offs speak of."""
    found: dict[str, set[str]] = {}
    for one in signed:
        for fact in _at_fault(one):
            found.setdefault(table(fact.kind), set()).add(fact.id)
    return found


def _at_fault(signed: Item) -> Iterator[Fact]:
    document = document_in(signed["document"]) if signed["faults"] else None
    if document is not None:
        yield from (fact for fact in facts(document) if fact.id in signed["faults"])


def differences(speech: Speech, signed: Item, books: Mapping[str, Item]) -> Iterator[Difference]:
    """What of a sign-off is not what the books say, in words, the worst first."""
    document = document_in(signed["document"])
    for code in BROKEN:
        if code in signed["faults"]:
            told = speech.text("console.seals", f"broken_{code}")
            yield Difference(what=told, shown=_named(document, code), now="")
    if document is None:
        return
    for fact in _at_fault(signed):
        row = books.get(fact.id)
        what = f"{speech.text('console.facts', table(fact.kind))}{_called(speech, fact)}"
        if row is None:
            now = speech.text("console.seals", "not_there")
            yield Difference(what=what, shown="", now=now)
        else:
            yield from _unequal(speech, fact, row, (what, document))


def _named(document: Document | None, code: str) -> str:
    """Whom a document names falsely."""
    names = {CUSTOMER: document.party.customer, TECHNICIAN: document.technician} if document else {}
    return names.get(code, "")


def _called(speech: Speech, fact: Fact) -> str:
    """Which of its kind it is, after the word for the kind."""
    seen = fact.seen
    name = (
        getattr(seen, "label", None) or getattr(seen, "name", None) or getattr(seen, "slot", None)
    )
    if name is not None:
        text = name.zh if speech.language == "zh" else name.en
    else:
        text = next(
            (
                str(found)
                for one in ("what", "receipt", "text", "number", "caption")
                if (found := getattr(seen, one, ""))
            ),
            "",
        )
    return speech.text("console.seals", "called", name=text) if text else ""


def _unequal(
    speech: Speech, fact: Fact, row: Item, told: tuple[str, Document]
) -> Iterator[Difference]:
    """The fields of one fact that were signed otherwise than they are."""
    what, document = told
    name = table(fact.kind)
    currency = document.sum.currency if document.sum is not None else ""
    unequal = [one for one in fact.fields if not _same(getattr(fact.seen, one), row[one])]
    for one in unequal:
        words = [
            value(speech, (name, one, currency), found)
            for found in (getattr(fact.seen, one), row[one])
        ]
        field = speech.text("fields", one) if speech.knows("fields", one) else ""
        yield Difference(what=f"{what} · {field}" if field else what, shown=words[0], now=words[1])
    if not unequal:
        yield Difference(what=what, shown=_as_shown(speech, fact), now=_stands(speech, name, row))


def _same(one: Any, other: Any) -> bool:
    """A document has no empty values where the books have none."""
    return one == other or (not one and not other)


def _as_shown(speech: Speech, fact: Fact) -> str:
    amount = getattr(fact.seen, "amount", None)
    if table(fact.kind) == "part_use" and isinstance(amount, int):
        return f"{quantity_text(amount)} {speech.text('units', fact.seen.unit)}"
    return ""


def _stands(speech: Speech, name: str, row: Item) -> str:
    """What became of a row that says the same and yet does not stand as it was shown."""
    for column in ("dropped_at", "void_at"):
        if row.get(column) is not None:
            return speech.text("console.seals", "taken_back")
    if name == "part_use":
        return quantity_text(row["amount"] - (row["returned"] or 0))
    if row.get("audience") == "internal":
        return speech.text("audiences", "internal")
    return speech.text("console.seals", "otherwise")


def value(speech: Speech, place: tuple[str, str, str], found: Any) -> str:
    """A value of a field as people say it; `place` is its table, its name and the currency."""
    name, field, currency = place
    if found is None or found == "":
        return NOTHING
    if isinstance(found, bool):
        return speech.text("console.seals", "yes" if found else "no")
    if field in MONEY and not (field == "amount" and name in QUANTITIES):
        return written(int(found), currency)
    if field == "amount":
        return quantity_text(int(found))
    if field == "sha256":
        return f"{str(found)[:8]}…"
    group = WORDED.get(field)
    return speech.text(group, str(found)) if group else str(found)


def addition(
    speech: Speech, row: Item, names: Mapping[str, Item], items: Mapping[str, Item]
) -> str:
    """Something a customer may see and did not sign for, in words."""
    name = row["table"]
    told = _said(speech, row, names, items)
    kind = speech.text("console.facts", name)
    return kind + (speech.text("console.seals", "called", name=told) if told else "")


def _said(speech: Speech, row: Item, names: Mapping[str, Item], items: Mapping[str, Item]) -> str:
    chinese = speech.language == "zh"
    name = row["table"]
    if name == "reading":
        item = items.get(row["item"])
        label = item[speech.language] if item else row["item"]
        return f"{label}: {row.get('value', '')}"
    if name == "part_use":
        part = names.get(row["part_id"])
        called = part["zh" if chinese else "en"] if part else NOTHING
        return f"{called} × {quantity_text(row['amount'])}"
    if name == "charge":
        return str(row["zh" if chinese else "en"])
    if name == "coverage_decision":
        return speech.text("categories", row["category"])
    if name == "completion":
        return str(row.get("work_done") or row.get("diagnosis") or "")
    return str(row.get("caption") or row.get("text") or "")
