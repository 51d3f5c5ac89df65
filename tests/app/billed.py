"""What a phone needs for a bill: the company and its price list, and two jobs under way."""

from pathlib import Path
from typing import Any, Final

from msgspec import structs
from PIL import Image, ImageDraw

from mobile.pictures import Prepared, prepare
from shared.ops import SYSTEM
from shared.prices import ORGANISATION
from tests.app.folders import (
    LONG_ADDRESS,
    LONG_EN,
    LONG_NAME,
    LONG_ZH,
    NOW_MS,
    Given,
    window,
)
from tests.world import BOARD, FILTER, known

PAY_TEXT: Final = "https://pay.example/c/7731-0042"
PRICES: Final[dict[str, Any]] = {
    "name": "2026 上门服务价目表",
    "edition": 3,
    "valid_from": "2026-07-01",
    "currency": "CNY",
    "tax_inclusive": True,
    "on_spot_limit": 100_000,
    "warranty": [{"product_class": "room_ac", "months": 72}, {"months": 12}],
    "warranty_from": "delivery",
    "guarantee_days": 90,
}
ITEMS: Final = (
    ("visit", "visit", "Visit in town", "市区上门费", "time", 8_000, 600),
    ("suburb", "visit", "Visit in the suburbs", "郊区上门费", "time", 12_000, 600),
    ("inspect", "inspection", "Inspection", "检测费", "time", 6_000, 600),
    ("labour", "labour", "Labour", "人工费", "hour", 12_000, 600),
    ("travel", "travel", "Travel beyond town", "远程交通费", "kilometre", 150, 600),
    ("clean", "other", "Deep cleaning of the indoor unit", "室内机深度清洗", "time", 18_000, 600),
)


def company(given: Given) -> None:
    """The company, and the edition of its price list that is in force."""
    names = ("code", "kind", "en", "zh", "unit", "price", "tax")
    items = [dict(zip(names, one, strict=True)) for one in ITEMS]
    part = {"code": "f_1", "kind": "part", "en": "Filter", "zh": "滤网", "unit": "piece"}
    items.append({**part, "price": 4_550, "tax": 1_300, "part_id": FILTER})
    given.put("price_list", "prices 3", {**PRICES, "items": items})
    row = {"en": "Clearwater Service", "zh": "清水售后服务", "phone": "4008001234"}
    row |= {"account": "江州银行 6222 0000 1111 2222", "pay_text": PAY_TEXT}
    on = ("organisation", ORGANISATION)
    given.world.must(given.world.office("master.put", on, {"row": row}, by=SYSTEM))


def delivered(given: Given, count: int, day: str) -> None:
    """When the machine of a job was delivered, and of which class it is."""
    row = {"site_id": known(f"site {count}"), "name": "Machine", "model": "KFR-72LW/B3"}
    more = {"serial": "S-7", "product_class": "room_ac", "delivered_on": day}
    given.put("asset", f"asset {count}", {**row, **more})


def billed(folder: Path) -> tuple[str, str]:
    """A job out of warranty and one in it, with parts fitted for an hour; returns their ids."""
    given = Given(folder)
    orders = _fitted(given)
    given.phone.connection.close()
    return orders


def settled(folder: Path) -> list[str]:
    """The same; the last with photos, a bill that is paid in part, and an item taken along."""
    given = Given(folder)
    old, new = _fitted(given)
    photograph(given, old)
    prices = known("prices 3")
    decided = {"category": "A", "basis": "none", "code": "warranty_over_delivery"}
    dates = {"until": "2021-03-01", "since": "2015-03-01"}
    wishes: list[dict[str, Any]] = [
        {"kind": "visit", "quantity": "1", "item": "visit"},
        {"kind": "labour", "quantity": "1.5", "item": "labour"},
        {"kind": "other", "quantity": "1", "item": "clean", "covered": True},
    ]
    paid = {"method": "qr", "amount": 10_000, "currency": "CNY", "payer": "江州明湖大酒店"}
    taken = {"what": "Outdoor unit board", "serial": "PCB-7", "reason": "Rework"}
    given.say(
        old,
        ("charge.decide", {**decided, "params": dates}),
        *(("charge.add", {"line": one, "price_list": prices}) for one in wishes),
        ("quote.make", {"lines": wishes[:2], "price_list": prices}),
        ("payment.take", {**paid, "price_list": prices}),
        ("item.take", {**taken, "back_by": "2026-11-30"}),
    )
    given.phone.connection.close()
    return [new, old]


def _fitted(given: Given) -> tuple[str, str]:
    given.cancelled_first_job()
    given.world.now_ms = NOW_MS - 3 * 3_600_000
    company(given)
    old = given.job("空调不制冷", "江州明湖大酒店", "江州市滨湖区湖心大道 188 号", **window(9, 11))
    new = given.job("Compressor trips", "陈美玲", "云溪区桂月路 26 号 1203 室", **window(11, 12))
    delivered(given, 1, "2015-03-01")
    delivered(given, 2, "2024-03-01")
    given.phone.sync()
    for order in (old, new):
        given.say(
            order,
            *((f"work_order.{verb}", {}) for verb in ("accept", "depart", "arrive", "start")),
            ("checklist.answer", {"item": "leaks", "value": "pass"}),
            ("parts.use", {"part": FILTER, "quantity": "2"}),
        )
    given.say(old, ("parts.use", {"part": BOARD, "quantity": "1", "serial": "S-9"}))
    given.world.tick(4_000_000)
    given.phone.sync()
    return old, new


def photograph(given: Given, order: str) -> None:
    """Photos of every state: long captions, none at all, one drawn on, one that is gone."""
    captions = (LONG_ZH[:60], LONG_EN[:80], "", "铭牌")
    folder = given.phone.folder
    for index, caption in enumerate(captions):
        source = folder / "camera" / f"{index}.jpg"
        source.parent.mkdir(exist_ok=True)
        picture = Image.new("RGB", (640, 360 + 200 * index), (60 + 40 * index, 110, 150))
        ImageDraw.Draw(picture).ellipse((150, 60, 450, 300), fill=(200, 180, 60 + 40 * index))
        picture.save(source)
        made = prepare(source, folder)
        assert isinstance(made, Prepared), made
        said = {**structs.asdict(made), "caption": caption, "slot": f"slot_{index}" * (index < 2)}
        audience = "internal" if index == 2 else "customer"
        given.say(order, ("photo.add", {**said, "audience": audience}))
    given.phone.sync()
    photos = [one.photo.id for one in given.phone.queries.photos(order)]
    for photo, fault in zip(photos, ("", "set_aside"), strict=False):
        args = {"photo": photo, **({"fault": fault} if fault else {})}
        given.world.must(given.world.office("photo.arrive", ("work_order", order), args, by=SYSTEM))


def charge(given: Given, order: str) -> None:
    """A bill with everything on it: covered, by hand, taken off, quoted, paid, invoiced, away."""
    prices = known("prices 3")
    wishes: list[dict[str, Any]] = [
        {"kind": "visit", "quantity": "1", "item": "suburb"},
        {"kind": "labour", "quantity": "2.5", "item": "labour", "covered": True},
        {"kind": "travel", "quantity": "128.5", "item": "travel", "note": LONG_EN},
        {"kind": "other", "quantity": "3", "name": LONG_ZH, "price": 123_456_789, "tax": 1_300},
        {"kind": "discount", "quantity": "1", "name": LONG_EN, "price": 5_000, "tax": 600},
    ]
    lines = [("charge.add", {"line": one, "price_list": prices}) for one in wishes]
    decided = {"category": "C", "basis": "goodwill", "code": "goodwill", "note": LONG_ZH}
    given.say(order, ("charge.decide", {**decided, "covers": ["labour"]}), *lines)
    given.say(order, ("quote.make", {"lines": wishes[:3], "price_list": prices}))
    paid = {"method": "cash", "amount": 20_000, "currency": "CNY", "payer": LONG_NAME}
    owed = {"method": "account", "amount": 9_999_900, "currency": "CNY", "payer": LONG_NAME}
    asked = {"type": "special", "title": LONG_NAME, "delivery": "paper", "address": LONG_ADDRESS}
    given.say(
        order,
        ("payment.take", {**paid, "price_list": prices}),
        ("payment.take", {**owed, "price_list": prices, "transaction": "0042"}),
        (
            "invoice.ask",
            {**asked, "tax_number": "91350100M000100Y43", "price_list": prices, "bank": LONG_NAME},
        ),
        (
            "item.take",
            {"what": LONG_ZH, "serial": "SN-0000-1111", "reason": LONG_EN, "back_by": "2026-12-24"},
        ),
    )
