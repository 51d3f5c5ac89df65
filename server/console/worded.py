"""Proof and money in a story: what a photo, a signature, a charge or a payment says, in words."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from server.console.speech import Speech
from shared.money import written

Item = Mapping[str, Any]
Told = dict[str, Any]

ICONS: Final = {
    "photo.add": "photo_camera",
    "photo.describe": "edit_note",
    "photo.drop": "delete",
    "photo.arrive": "cloud_done",
    "sign_off.take": "signature",
    "sign_off.check": "verified",
    "charge.decide": "rule",
    "charge.add": "receipt_long",
    "charge.drop": "remove",
    "quote.make": "request_quote",
    "quote.decline": "front_hand",
    "payment.take": "payments",
    "payment.void": "undo",
    "payment.hand_over": "account_balance",
    "invoice.ask": "receipt_long",
    "invoice.issue": "task_alt",
    "invoice.reverse": "undo",
    "item.take": "home_repair_service",
    "item.hand_in": "warehouse",
    "item.return": "assignment_return",
}


def _photo(speech: Speech, args: Item, book: Any) -> Told:
    slot = str(args.get("slot") or "")
    unnamed = speech.text("console.photos", "photo")
    name = str(args.get("caption") or book.slots.get(slot) or slot or unnamed)
    return {"name": name, "code": "photo_drawn"} if args.get("drawn_on") else {"name": name}


def _arrived(_speech: Speech, args: Item, _book: Any) -> Told:
    fault = args.get("fault")
    return {"code": f"photo_{fault}"} if fault else {}


def _signed(speech: Speech, args: Item, _book: Any) -> Told:
    purpose = speech.text("console.purposes", str(args["purpose"]))
    if args.get("refusal"):
        return {"code": "sign_off_refused", "reason": str(args["refusal"]), "purpose": purpose}
    return {"name": str(args.get("signer", "")), "purpose": purpose}


def _decided(speech: Speech, args: Item, _book: Any) -> Told:
    return {"category": speech.text("categories", str(args["category"]))}


def _charged(speech: Speech, args: Item, book: Any) -> Told:
    line = args["line"]
    item = book.prices.get(str(line.get("item", "")))
    name = getattr(item, speech.language) if item else line.get("name") or line.get("item", "")
    return {"name": str(name), "quantity": str(line.get("quantity", "1"))}


def _quoted(_speech: Speech, args: Item, _book: Any) -> Told:
    return {"lines": len(args["lines"])}


def _paid(speech: Speech, args: Item, _book: Any) -> Told:
    method = speech.text("payment_methods", str(args["method"]))
    return {"amount": written(int(args["amount"]), str(args["currency"])), "method": method}


def _reason(_speech: Speech, args: Item, _book: Any) -> Told:
    return {name: str(args.get(name) or "") for name in ("reason", "title", "number", "what")}


def _bare(_speech: Speech, _args: Item, _book: Any) -> Told:
    return {}


WORDS: Final[dict[str, Callable[[Speech, Item, Any], Told]]] = {
    "photo.add": _photo,
    "photo.describe": _photo,
    "photo.drop": _reason,
    "photo.arrive": _arrived,
    "sign_off.take": _signed,
    "sign_off.check": _bare,
    "charge.decide": _decided,
    "charge.add": _charged,
    "charge.drop": _bare,
    "quote.make": _quoted,
    "quote.decline": _reason,
    "payment.take": _paid,
    "payment.void": _reason,
    "payment.hand_over": _bare,
    "invoice.ask": _reason,
    "invoice.issue": _reason,
    "invoice.reverse": _reason,
    "item.take": _reason,
    "item.hand_in": _bare,
    "item.return": _bare,
}
