"""The demo company's own: its people and vans, its places, its parts and its checklists."""

from typing import Any

from msgspec import Struct

from server.demo.premises import DemoOp, Login, Premises
from server.demo.teams import teams


class Technician(Struct, frozen=True, kw_only=True):
    """Who goes out, what they can do, and the van they drive."""

    id: str
    code: str
    skills: tuple[str, ...]
    zones: tuple[str, ...]
    van_id: str


class Staff(Struct, frozen=True, kw_only=True):
    """The people, by role and as technicians, and the places that hold parts, by code."""

    ops: list[DemoOp]
    logins: list[Login]
    technicians: list[Technician]
    places: dict[str, str]

    def desk(self, role: str, turn: int = 0) -> str:
        """The id of somebody of an office role; several take turns."""
        there = [one.person_id for one in self.logins if role in one.roles]
        return there[turn % len(there)]


class Good(Struct, frozen=True, kw_only=True):
    """A part, how it is counted, and which trades carry it."""

    id: str
    number: str
    en: str
    zh: str
    unit: str
    serialised: bool
    skills: tuple[str, ...]


class Catalog(Struct, frozen=True, kw_only=True):
    """The parts, and the checklists (id and items) by product class."""

    ops: list[DemoOp]
    parts: list[Good]
    checklists: dict[str, tuple[str, list[dict[str, Any]]]]


def staff(premises: Premises) -> Staff:
    """The people, each technician with a van."""
    written = premises.read("people")
    people, places = written["people"], written["places"]
    ids = {one["login"]: premises.id("person", one["login"]) for one in people}
    drivers = [one for one in people if "code" in one]
    vans = {one["login"]: premises.id("location", f"V{one['code'][1:]}") for one in drivers}
    held = {one["code"]: premises.id("location", one["code"]) for one in places}
    crews = teams(premises)
    ops = [
        *crews.ops,
        *(premises.put("location", held[one["code"]], one) for one in places),
        *(premises.put("location", vans[one["login"]], _van(one, ids)) for one in drivers),
        *(
            premises.put("person", ids[one["login"]], _person(one, vans, crews.of))
            for one in people
        ),
    ]
    return Staff(
        ops=ops,
        logins=[
            Login(
                person_id=ids[one["login"]],
                login=one["login"],
                name=one["name"],
                roles=tuple(one["roles"]),
            )
            for one in people
        ],
        technicians=[
            Technician(
                id=ids[one["login"]],
                code=one["code"],
                skills=tuple(one["skills"]),
                zones=tuple(one["zones"]),
                van_id=vans[one["login"]],
            )
            for one in drivers
        ],
        places=held,
    )


def catalog(premises: Premises) -> Catalog:
    """The parts and the checklists."""
    parts: list[Good] = []
    ops: list[DemoOp] = []
    for family in premises.read("parts")["families"]:
        for place, size in enumerate(family["sizes"], start=1):
            row = _part(premises, family, place, size)
            identity = premises.id("part", row["number"])
            ops.append(premises.put("part", identity, row))
            parts.append(
                Good(
                    id=identity,
                    number=row["number"],
                    en=row["en"],
                    zh=row["zh"],
                    unit=row["unit"],
                    serialised=row["serialised"],
                    skills=tuple(family["skills"]),
                )
            )
    checklists: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for one in premises.read("checklists")["checklists"]:
        identity = premises.id("checklist", one["class"])
        checklists[one["class"]] = (identity, one["items"])
        row = {name: one[name] for name in ("en", "zh", "items", "photos") if name in one}
        ops.append(premises.put("checklist", identity, row))
    return Catalog(ops=ops, parts=parts, checklists=checklists)


def _van(driver: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    number = driver["code"][1:]
    return {
        "code": f"V{number}",
        "en": f"Van {number}",
        "zh": f"{number} 号服务车",
        "type": "van",
        "person_id": ids[driver["login"]],
    }


def _person(one: dict[str, Any], vans: dict[str, str], teams: dict[str, str]) -> dict[str, Any]:
    login = one["login"]
    van = {"van_id": vans[login]} if login in vans else {}
    team = {"team_id": teams[login]} if login in teams else {}
    return {**one, **van, **team}


def _part(premises: Premises, family: dict[str, Any], place: int, size: str) -> dict[str, Any]:
    number = f"{family['number']}-{place:02d}"
    serialised = bool(family.get("serialised"))
    barcode = f"690{premises.roll(10**10, 'barcode', number):010d}" if serialised else ""
    return {
        "number": number,
        "en": f"{family['en']}, {size}",
        "zh": f"{family['zh']} {size}",
        "type": family["type"],
        "unit": family["unit"],
        "serialised": serialised,
        "barcode": barcode,
    }
