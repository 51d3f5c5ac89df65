"""Whom the demo company serves: customers, their sites, and the machines that stand there."""

import datetime
import tomllib
from typing import Any, Final

from msgspec import Struct, field

from server.demo.premises import DemoOp, Premises
from shared.tag_sets import TIERS, tag_set_id

HOME_MACHINES: Final = 32
NO_INVOICE: Final = 5  # of so many machines one has no invoice on file
EXTENDED: Final = 16  # and one of so many a warranty that was bought to be longer
LONGER_DAYS: Final = 5 * 365
SECOND_HOME: Final = 9  # this private customer has one more flat


class Machine(Struct, frozen=True, kw_only=True):
    """A machine with all that a job on it needs to know."""

    id: str
    site_id: str
    customer_id: str
    zone: str
    kind: str
    language: str
    caller: str
    private: bool
    delivered_on: datetime.date


class Place(Struct, frozen=True, kw_only=True):
    """A site, as the machines that stand there see it."""

    id: str
    customer_id: str
    zone: str
    language: str
    caller: str
    classes: tuple[str, ...]
    private: bool


class Clients(Struct, frozen=True, kw_only=True):
    """Customers, sites and machines."""

    ops: list[DemoOp] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    machines: list[Machine] = field(default_factory=list)


def clients(premises: Premises) -> Clients:
    """Forty customers at fifty sites with eighty machines."""
    written = premises.read("customers")
    classes = {one["code"]: one for one in premises.read("jobs")["classes"]}
    made = Clients(ops=[_tiers(premises)])
    for index, (salutation, given) in enumerate(
        zip(written["private"]["salutations"], written["private"]["given"], strict=True)
    ):
        _move_in(premises, made, written, (index, salutation, given))
    for organisation in written["organisations"]:
        _settle(premises, made, written, organisation)
    _install(premises, made, classes)
    return made


def _tiers(premises: Premises) -> DemoOp:
    """The words for customers' tiers, as every company begins with them."""
    told = tomllib.loads((premises.folder.parent / "tag_sets.toml").read_text(encoding="utf-8"))
    (row,) = (one for one in told["sets"] if one["code"] == TIERS)
    return premises.put("tag_set", tag_set_id(TIERS), row)


def _move_in(
    premises: Premises, made: Clients, written: dict[str, Any], who: tuple[int, str, str]
) -> None:
    index, salutation, given = who
    identity = premises.id("customer", index)
    number = _number(premises, premises.draw(written["mobile"], "mobile", index), index)
    row = {
        "name": salutation[0] + given,
        "type": "person",
        "salutation": salutation,
        "phone": number,
        "language": "zh",
    }
    made.ops.append(premises.put("customer", identity, row))
    for home in range(2 if index == SECOND_HOME else 1):
        site = {
            **_flat(premises, written, index * 2 + home),
            "customer_id": identity,
            "contact_name": salutation,
            "contact_phone": number,
        }
        place = premises.id("site", index, home)
        made.ops.append(premises.put("site", place, site))
        made.places.append(
            Place(
                id=place,
                customer_id=identity,
                zone=site["zone"],
                language="zh",
                caller=salutation,
                classes=("room_ac", "washer", "water_heater"),
                private=True,
            )
        )


def _flat(premises: Premises, written: dict[str, Any], index: int) -> dict[str, Any]:
    district = written["districts"][index % len(written["districts"])]
    road = premises.draw(district["roads"], "road", index)
    estate = premises.draw(district["estates"], "estate", index)
    house, block, entrance = (
        1 + premises.roll(sides, "house", index, sides) for sides in (199, 18, 4)
    )
    floor, door = 1 + premises.roll(17, "floor", index), 1 + premises.roll(4, "door", index)
    access = premises.draw(written["private"]["access"], "access", index)
    return {
        "address": f"{written['division']}{district['name']}{road} {house} 号"
        f"{estate} {block} 幢 {entrance} 单元 {floor}{door:02d} 室",
        "division": f"{written['division']}{district['name']}",
        "zone": district["zone"],
        "time_zone": "Asia/Shanghai",
        "access_notes": access.replace("{n}", f"{floor}{door:02d}"),
    }


def _settle(
    premises: Premises, made: Clients, written: dict[str, Any], organisation: dict[str, Any]
) -> None:
    name, language = organisation["name"], organisation.get("language", "zh")
    identity = premises.id("customer", name)
    number = _number(premises, written["landline"], name)
    row = {
        "name": name,
        "type": organisation["type"],
        "phone": number,
        "language": language,
        "tier": organisation.get("tier", ""),
    }
    made.ops.append(premises.put("customer", identity, row))
    for index, place in enumerate(organisation["sites"]):
        site_id = premises.id("site", name, index)
        site = {
            "customer_id": identity,
            "name": place["name"],
            "address": place["address"],
            "zone": place["zone"],
            "time_zone": place.get("time_zone", "Asia/Shanghai"),
            "contact_name": organisation["contact"],
            "contact_phone": f"{number}-{8001 + index}",
            "access_notes": place["access"],
        }
        made.ops.append(premises.put("site", site_id, site))
        made.places.append(
            Place(
                id=site_id,
                customer_id=identity,
                zone=place["zone"],
                language=language,
                caller=organisation["contact"],
                classes=tuple(organisation["classes"]),
                private=False,
            )
        )


def _install(premises: Premises, made: Clients, classes: dict[str, Any]) -> None:
    homes = [place for place in made.places if place.private]
    wanted = [place for place in made.places for _ in range(1 if place.private else 2)]
    wanted += homes[: HOME_MACHINES - len(homes)]
    for index, place in enumerate(wanted):
        kind = classes[place.classes[index % len(place.classes)]]
        machine = Machine(
            id=premises.id("asset", index),
            site_id=place.id,
            customer_id=place.customer_id,
            zone=place.zone,
            kind=kind["code"],
            language=place.language,
            caller=place.caller,
            private=place.private,
            delivered_on=premises.date(-60 - premises.roll(2900, "delivered", index)),
        )
        made.machines.append(machine)
        made.ops.append(premises.put("asset", machine.id, _asset(premises, machine, kind, index)))


def _asset(
    premises: Premises, machine: Machine, kind: dict[str, Any], index: int
) -> dict[str, Any]:
    model = premises.draw(kind["models"], "model", index)
    made_in = machine.delivered_on.strftime("%y%m")
    invoiced = machine.delivered_on - datetime.timedelta(days=premises.roll(9, "invoiced", index))
    longer = machine.delivered_on + datetime.timedelta(days=LONGER_DAYS)
    known: dict[str, Any] = {"invoiced_on": invoiced.isoformat()} if index % NO_INVOICE else {}
    if index % EXTENDED == 0 and not machine.private:
        known["warranty_until"] = longer.isoformat()
    return {
        **known,
        "site_id": machine.site_id,
        "name": kind[machine.language],
        "model": model,
        "serial": f"{model[:2]}{made_in}{10_000 + premises.roll(90_000, 'serial', index)}",
        "product_class": machine.kind,
        "delivered_on": machine.delivered_on.isoformat(),
    }


def _number(premises: Premises, pattern: str, owner: str | int) -> str:
    return pattern.replace("{n}", f"{premises.roll(10_000, 'phone', owner):04d}")
