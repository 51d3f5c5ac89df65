"""Taking an item along for repair: what is known of it, until when, and how it stands."""

from datetime import date, timedelta
from typing import Final

from mobile.queries.bill import Bill
from mobile.texts import Words
from shared.take_away import TakenItem

DAYS: Final = (3, 7, 14)
OPEN: Final = "open"
CONDITIONS: Final = ("good", "scratched", "dirty", "cracked", "incomplete")


def known(bill: Bill) -> dict[str, str]:
    """What is taken along most likely: the machine of the job."""
    asset = bill.asset
    if asset is None:
        return {}
    return {"what": f"{asset.name} {asset.model}".strip(), "serial": asset.serial}


def spans(words: Words) -> tuple[tuple[str, str], ...]:
    """In how many days it can be back."""
    days = [(str(one), words("bill_take", "days", count=one)) for one in DAYS]
    return (*days, (OPEN, words("bill_take", "open")))


def back_by(span: str, today: date) -> str | None:
    """The day that a span ends on; None where it is open."""
    return (today + timedelta(days=int(span))).isoformat() if span.isdigit() else None


def conditions(words: Words) -> tuple[str, ...]:
    """How it looks, in a word."""
    return tuple(words("bill_conditions", one) for one in CONDITIONS)


def item_named(bill: Bill, identity: str) -> TakenItem | None:
    """The item with this id."""
    return next((one for one in bill.items if one.id == identity), None)


def next_act(item: TakenItem) -> str:
    """What can be done with it now: sign for it, give it back, or nothing.

    What is back is signed for, too.
    """
    if item.state == "returned":
        return "" if item.return_sign_off_id is not None else "sign_return"
    return "return" if item.sign_off_id is not None else "sign"
