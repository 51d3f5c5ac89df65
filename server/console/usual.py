"""What is usual: how urgent such a request is where nobody has said, and why (R-CLS-12)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from server.console.bill import day_at
from server.console.speech import Speech
from server.office import Office
from server.queries import money
from server.queries.pages import Item, by_id
from shared.coverage import warranty
from shared.priorities import Derived, usual_urgency
from shared.site import Asset


def urgency(books: Any, office: Office, told: Mapping[str, Any]) -> Derived:
    """How urgent a request of this kind, about this machine, with these words usually is."""
    asset = by_id(books, "asset", told.get("asset_id") or None)
    facts = {
        "kind": told.get("kind") or "",
        "impact": told.get("impact") or "",
        "warranty": _warranty(books, office, asset) if asset is not None else "",
    }
    return usual_urgency(facts, tuple(told.get("tags") or ()))


def _warranty(books: Any, office: Office, asset: Item) -> str:
    day = day_at(office.now_ms(), office.settings.zone.key)
    machine = msgspec.convert(money.bare(asset), Asset)
    known = warranty(machine, money.in_force(books, day))
    return "" if known is None else "in" if day <= known.until else "out"


def reason(s: Speech, usual: Derived) -> str:
    """Why it is urgent, in words; nothing where it is not."""
    if not usual.because:
        return ""
    told = (s.text("priority_reasons", one) for one in usual.because)
    return s.text("console.handling", "usual", why=s.text("console.handling", "and").join(told))
