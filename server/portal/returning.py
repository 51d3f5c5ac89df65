"""Returning: how a customer's return or exchange stands, in their words."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from server.portal.speech import Speech
from shared.money import written

GROUP: Final = "follow.return"
WORDED: Final = frozenset({"asked", "granted", "received", "inspected", "dropped"})


class Back(Struct, frozen=True, kw_only=True):
    """What a customer is told of their return: a title, where it stands, and who pays for it."""

    title: str
    told: str
    costs: tuple[str, ...] = ()


def returning(speech: Speech, case: Mapping[str, Any] | None) -> Back | None:
    """What is told of a return, if there is one."""
    if case is None:
        return None
    return Back(
        title=speech.text(GROUP, f"title_{case['wish']}"),
        told=_told(speech, case),
        costs=tuple(_costs(speech, case)) if case["step"] not in ("asked", "refused") else (),
    )


def _told(speech: Speech, case: Mapping[str, Any]) -> str:
    step = case["step"]
    if step in WORDED:
        return speech.text(GROUP, step)
    if step == "refused":
        return speech.text(GROUP, "refused", why=case["finding"] or case["why"])
    if case["refund"] is not None:
        return speech.text(GROUP, "done_refund", amount=written(case["refund"], case["currency"]))
    machine = case["new_asset"] or {}
    return speech.text(GROUP, "done_exchange", name=machine.get("name", ""))


def _costs(speech: Speech, case: Mapping[str, Any]) -> list[str]:
    """Who bears the cost, and what the customer pays (R-RET-07: plain before it is due)."""
    told = []
    if case["borne_by"]:
        told.append(speech.text(GROUP, f"{case['borne_by']}_pays"))
    if case["fee"]:
        told.append(speech.text(GROUP, "fee", amount=written(case["fee"], case["currency"])))
    return told
