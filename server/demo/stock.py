"""What the demo company has on its shelves and in its vans."""

from typing import Final

from msgspec import Struct

from server.demo.masters import Catalog, Good, Staff, Technician
from server.demo.premises import BEFORE_EVERYTHING, DemoOp, Premises

PARTS_PER_VAN: Final = 30
MOST: Final = {"piece": 60, "set": 12, "metre": 200, "litre": 80, "kilogram": 90}
MOST_OTHERWISE: Final = 40
MOST_SERIALISED: Final = 6


class Stocked(Struct, frozen=True, kw_only=True):
    """The opening stock, which parts lie in which van, and how many whole ones."""

    ops: list[DemoOp]
    in_van: dict[str, list[Good]]
    pieces: dict[tuple[str, str], int]


def opening_stock(premises: Premises, team: Staff, goods: Catalog) -> Stocked:
    """Everything in the warehouse, and in each van what its driver's trades need."""
    keeper = team.desk("warehouse")
    in_van = {one.van_id: _load(premises, goods, one) for one in team.technicians}
    warehouse = team.places["WH1"]
    loads = [(warehouse, part, False) for part in goods.parts]
    loads += [(van, part, True) for van, parts in in_van.items() for part in parts]
    return Stocked(
        ops=[_receive(premises, keeper, load) for load in loads],
        in_van=in_van,
        pieces={(load[0], load[1].id): _amount(premises, load) for load in loads},
    )


def _load(premises: Premises, goods: Catalog, driver: Technician) -> list[Good]:
    needed = [part for part in goods.parts if set(part.skills) & set(driver.skills)]
    needed.sort(key=lambda part: premises.id("load", driver.code, part.number))
    return needed[:PARTS_PER_VAN]


def _receive(premises: Premises, keeper: str, load: tuple[str, Good, bool]) -> DemoOp:
    place, part, _ = load
    amount = _amount(premises, load)
    half = ".5" if part.unit in ("metre", "litre", "kilogram") and amount % 2 else ""
    return DemoOp(
        id=premises.id("receive", premises.day.isoformat(), place, part.number),
        kind="stock.receive",
        on=("location", place),
        args={"part": part.id, "quantity": f"{amount}{half}"},
        by=keeper,
        at=premises.at(BEFORE_EVERYTHING, 9 * 60),
    )


def _amount(premises: Premises, load: tuple[str, Good, bool]) -> int:
    place, part, is_van = load
    most = MOST_SERIALISED if part.serialised else MOST.get(part.unit, MOST_OTHERWISE)
    most = max(2, most // 8) if is_van else most
    return 1 + premises.roll(most, "amount", place, part.number)
