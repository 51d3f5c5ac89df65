"""Prices: the edition of the price list in force, those before it, and the form for the next."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.console import bill, frame, saying
from server.console.addresses import Query, opt
from server.console.forms import Form
from server.console.machine import class_name
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.problems import Problem
from server.queries import money
from server.sessions import Actor
from shared import typed
from shared.amounts import is_real
from shared.money import written
from shared.prices import LINE_KINDS, PriceItem, PriceList, current

PATH: Final = "/money/prices"
LOOK: Final = "payment.hand_over"
MAKE: Final = "master.put"
NEW_ROWS: Final = 3
HEAD: Final = ("name", "valid_from", "on_spot_limit", "guarantee_days")
ROW: Final = ("code", "kind", "en", "zh", "unit", "price", "tax")
EACH: Final = "time"
UNITS: Final = (EACH, "hour", "kilometre", "piece")
DAYS_MAX: Final = 3650
DAYS_DIGITS: Final = 4
MONTHS_MAX: Final = 600
MONTHS_DIGITS: Final = 3
NEW_CLASS, NEW_MONTHS = "class_new", "months_new"
Texts = dict[str, str]


@get(PATH, opt=opt(LOOK), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The edition in force."""
    return _page(request, office, actor, None)


@get("/money/prices/{edition:str}", opt=opt(LOOK), sync_to_thread=True)
def one(
    edition: FromPath[str],
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[str]:
    """An edition by its id."""
    return _page(request, office, actor, edition)


def _page(request: AnyRequest, office: Office, actor: Actor, identity: str | None) -> Response[str]:
    speech = frame.speech_of(request, office)
    editions, counts = _editions(office)
    chosen = counts if identity is None else _known(editions, identity)
    context = {
        "editions": editions,
        "counts_now": counts.id if counts is not None else "",
        "chosen": chosen,
        "groups": _groups(speech, chosen) if chosen is not None else [],
        "written": written,
        "percent": typed.percent,
        "class_name": partial(class_name, speech),
        "unit_name": partial(unit_name, speech),
        "tab": "prices",
        "section": "money",
    }
    return frame.page(request, office, actor, "prices.html", context)


def unit_name(speech: Speech, unit: str) -> str:
    """A unit in words; what is charged each time has a sign on a bill, and none in a table."""
    if unit == EACH:
        return speech.text("console.prices", "each")
    return speech.text("units", unit) if speech.knows("units", unit) else unit


def _editions(office: Office) -> tuple[list[PriceList], PriceList | None]:
    """All editions, and the one in force."""
    with office.reading() as books:
        editions = money.editions(books)
    return editions, current(editions, bill.day_at(office.now_ms(), office.settings.zone.key))


def _known(editions: list[PriceList], identity: str) -> PriceList:
    found = next((one for one in editions if one.id == identity), None)
    if found is None:
        raise Problem("not_found")
    return found


def _groups(speech: Speech, chosen: PriceList) -> list[tuple[str, list[PriceItem]]]:
    """The items of an edition by their kind, as lines of a bill stand in it."""
    return [
        (speech.text("line_kinds", kind), [one for one in chosen.items if one.kind == kind])
        for kind in LINE_KINDS
        if any(one.kind == kind for one in chosen.items)
    ]


@get("/money/new-prices", opt=opt(MAKE, "of"), sync_to_thread=True)
def blank(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
    of: Query = "",
) -> Response[str]:
    """The form for the next edition, as the one it follows."""
    editions, counts = _editions(office)
    before = _known(editions, of) if of else counts
    return _form(request, office, actor, before, {})


@post("/money/new-prices", opt=opt(MAKE), status_code=200, sync_to_thread=True)
def make(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Make an edition; the one before it stays as it was shown to customers."""
    editions, _ = _editions(office)
    before = _known(editions, form.text("of")) if form.has("of") else None
    told = {name: values[-1].strip() for name, values in form.fields.items()}
    speech = frame.speech_of(request, office)
    row, wrong = _row(speech, before, told, editions)
    if wrong:
        return frame.refused(_form(request, office, actor, before, told, wrong=wrong))
    act = Act(kind=MAKE, on=("price_list", ""), args={"row": row})
    said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_form(request, office, actor, before, told, said=said))
    return saying.go(request, office, said, f"{PATH}/{said.op}")


def _row(
    speech: Speech, before: PriceList | None, told: Mapping[str, str], editions: list[PriceList]
) -> tuple[dict[str, Any], Texts]:
    """The edition as the form has it, and what is wrong with it, by the names of its fields."""
    wrong: Texts = {}
    currency = before.currency if before is not None else told.get("currency", "CNY").upper()
    limit = typed.minor(told.get("on_spot_limit", ""), currency)
    days = typed.whole(told.get("guarantee_days", "") or "0", DAYS_DIGITS)
    name, begins = told.get("name", ""), told.get("valid_from", "")
    faults = {
        "name": not name,
        "valid_from": not is_real(begins),
        "on_spot_limit": limit is None,
        "guarantee_days": days is None or days > DAYS_MAX,
    }
    for field, is_wrong in faults.items():
        if is_wrong:
            wrong[field] = speech.text("console.prices", f"wrong_{field}")
    items = [*_kept(speech, before, told, wrong), *_added(speech, currency, told, wrong)]
    if not items and not wrong:
        wrong["name"] = speech.text("console.prices", "wrong_items")
    last = max((one.edition for one in editions if one.name == name), default=0)
    row = {
        "name": name,
        "edition": last + 1,
        "valid_from": begins,
        "currency": currency,
        "on_spot_limit": limit,
        "guarantee_days": days or 0,
        "tax_inclusive": bool(told.get("tax_inclusive")),
        "warranty_from": told.get("warranty_from") or "delivery",
        "items": items,
        "warranty": _terms(speech, before, told, wrong),
    }
    return row, wrong


def terms_of(before: PriceList | None) -> dict[str, str]:
    """The months of each class in the edition before, as they stand in a form; others come last."""
    known = {one.product_class: str(one.months) for one in before.warranty} if before else {}
    others = known.pop("", "")
    return {**known, "": others}


def _terms(
    speech: Speech, before: PriceList | None, told: Mapping[str, str], wrong: Texts
) -> list[dict[str, Any]]:
    """The months of each class; a class without a number goes with all others."""
    asked = {one: (f"w_{place}", was) for place, (one, was) in enumerate(terms_of(before).items())}
    another = told.get(NEW_CLASS, "")
    if another in asked if another else told.get(NEW_MONTHS):
        wrong[NEW_CLASS] = speech.text("console.prices", "wrong_class")
    if another:
        asked = {another: (NEW_MONTHS, ""), **asked}
    found = []
    for product_class, (field, was) in asked.items():
        text = told.get(field, was)
        months = typed.whole(text, MONTHS_DIGITS)
        if text and (months is None or months > MONTHS_MAX):
            wrong[field] = speech.text("console.prices", "wrong_months")
        elif months is not None:
            found.append({"product_class": product_class, "months": months})
    return found


def _kept(
    speech: Speech, before: PriceList | None, told: Mapping[str, str], wrong: Texts
) -> list[dict[str, Any]]:
    """The items of the edition before, at the prices of this one, but for those that end."""
    found: list[dict[str, Any]] = []
    if before is None:
        return found
    currency = before.currency
    for item in before.items:
        field = f"p_{item.code}"
        if told.get(f"x_{item.code}"):
            continue
        given = told.get(field)
        price = item.price if given is None else typed.minor(given, currency)
        if price is None:
            wrong[field] = speech.text("console.prices", "wrong_price")
        found.append({**msgspec.to_builtins(item), "price": price})
    return found


def _added(
    speech: Speech, currency: str, told: Mapping[str, str], wrong: Texts
) -> list[dict[str, Any]]:
    """The items that are new in this edition."""
    found = []
    for place in range(NEW_ROWS):
        row = {name: told.get(f"{name}_{place}", "") for name in ROW}
        if not any(row[name] for name in ("code", "en", "zh", "price")):
            continue
        price, tax = typed.minor(row["price"], currency), typed.rate(row["tax"] or "0")
        faults = {
            "code": is_no_code(row["code"]),
            "en": not row["en"],
            "zh": not row["zh"],
            "price": price is None,
            "tax": tax is None,
        }
        for name, is_wrong in faults.items():
            if is_wrong:
                wrong[f"{name}_{place}"] = speech.text("console.prices", f"wrong_{name}")
        found.append({**row, "price": price, "tax": tax})
    return found


def is_no_code(text: str) -> bool:
    """Whether a text is no code of an item."""
    return not text.isascii() or not text.replace("_", "").isalnum() or text != text.lower()


def _form(  # noqa: PLR0913  a form as it was typed, and why it was refused
    request: AnyRequest,
    office: Office,
    actor: Actor,
    before: PriceList | None,
    told: Texts,
    *,
    wrong: Texts | None = None,
    said: Said | None = None,
) -> Response[str]:
    speech, terms = frame.speech_of(request, office), terms_of(before)
    usual = {
        "name": before.name if before is not None else "",
        "valid_from": "",
        "on_spot_limit": typed.major(before.on_spot_limit, before.currency) if before else "",
        "guarantee_days": str(before.guarantee_days) if before is not None else "0",
        "warranty_from": before.warranty_from if before is not None else "delivery",
        "tax_inclusive": "1" if before is not None and before.tax_inclusive and not told else "",
        "currency": before.currency if before is not None else "CNY",
        **{f"w_{place}": months for place, months in enumerate(terms.values())},
        NEW_CLASS: "",
        NEW_MONTHS: "",
    }
    context = {
        "before": before,
        "groups": _groups(speech, before) if before is not None else [],
        "typed": {**usual, **told},
        "wrong": wrong or {},
        "said": said,
        "major": typed.major,
        "kinds": [(one, speech.text("line_kinds", one)) for one in LINE_KINDS],
        "units": [(one, unit_name(speech, one)) for one in UNITS],
        "starts": [
            (one, speech.text("console.prices", f"from_{one}")) for one in ("delivery", "invoice")
        ],
        "new_rows": range(NEW_ROWS),
        "terms": [
            (f"w_{place}", class_name(speech, one) or speech.text("console.prices", "all_others"))
            for place, one in enumerate(terms)
        ],
        "tab": "prices",
        "section": "money",
    }
    return frame.page(request, office, actor, "prices_new.html", context)


ROUTES: Final[list[Any]] = [show, one, blank, make]
