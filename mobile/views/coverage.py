"""Who pays, and why, in words: what the papers say, and what somebody may decide instead."""

import re
from datetime import date
from typing import Any, Final

import msgspec
from msgspec import Struct

from mobile.queries.bill import Bill
from mobile.texts import Words
from mobile.views.bill import CATEGORY_TONES, Payer
from mobile.views.work_order import Tone
from shared.charges import CoverageDecision
from shared.coverage import Case, Decision, by_a_person, decide, explain
from shared.errors import Params
from shared.prices import current

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Option(Struct, frozen=True, kw_only=True):
    """One way to decide. `needs_note` tells that it is not what the papers say."""

    key: str
    name: str
    why: str
    tone: Tone
    needs_note: bool


def case(bill: Bill, today: str) -> Case:
    """What is known of a job, as the rules want it."""
    return Case(
        category=bill.order.category,
        site_id=bill.order.site_id,
        day=today,
        asset=bill.asset,
        contracts=bill.contracts,
        prices=current(bill.prices, today),
    )


def proposed(bill: Bill, today: str) -> Decision:
    """What the papers say."""
    return decide(case(bill, today))


def payer(bill: Bill, words: Words, today: str) -> Payer:
    """Who pays: as it was decided, else as it is proposed."""
    known = bill.decision
    shown: Decision | CoverageDecision = known if known is not None else proposed(bill, today)
    return Payer(
        category=shown.category,
        name=name_of(shown, words),
        why=why(shown, words, today),
        note=known.note if known is not None else "",
        tone=CATEGORY_TONES[shown.category],
        is_decided=known is not None,
    )


def options(bill: Bill, words: Words, today: str) -> tuple[Option, ...]:
    """Every way to decide, the one of the papers first."""
    asked = case(bill, today)
    usual = decide(asked)
    return tuple(
        Option(
            key=one.code,
            name=name_of(one, words),
            why=why(one, words, today),
            tone=CATEGORY_TONES[one.category],
            needs_note=one != usual,
        )
        for one in (usual, *by_a_person(asked))
    )


def named(bill: Bill, key: str, today: str) -> Decision | None:
    """The decision that an option stands for."""
    asked = case(bill, today)
    return next((one for one in (decide(asked), *by_a_person(asked)) if one.code == key), None)


def args_of(decision: Decision, note: str = "") -> dict[str, Any]:
    """What `charge.decide` says."""
    args: dict[str, Any] = msgspec.to_builtins(decision)
    return {**args, "covers": list(decision.covers), **({"note": note} if note else {})}


def name_of(decision: Decision | CoverageDecision, words: Words) -> str:
    """A category with its letter: `C · Free in warranty`."""
    code = decision.category
    return words("bill", "category", letter=code, name=words("categories", code))


def why(decision: Decision | CoverageDecision, words: Words, today: str) -> str:
    """The reason in a sentence, its days as people say them."""
    params = with_days(decision.params, words, date.fromisoformat(today))
    return explain(words.catalogue, decision.code, params, decision.covers)


def with_days(params: Params, words: Words, today: date) -> Params:
    """What an explanation is about, its days as people say them."""
    return {
        name: words.day(value, today) if isinstance(value, str) and _DAY.fullmatch(value) else value
        for name, value in params.items()
    }
