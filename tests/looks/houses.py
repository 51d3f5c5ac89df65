"""Companies whose pages are hard to draw: one that has nothing, and one with too much of all."""

from typing import Any, Final

from server.office import Asked, Office
from shared.amounts import LINE_CHARS_MAX
from shared.ids import derive
from shared.ops import SYSTEM
from sync.protocol import WireOp
from tests.console.house import DAY, MINUTE_MS, START_MS, Template

TECHNICIANS: Final = 60
CUSTOMERS: Final = 12
REQUESTS: Final = 40
AT_ONCE: Final = 50
SKILLS: Final = ["appliance", "hvac"]


def longest(text: str, chars: int = LINE_CHARS_MAX) -> str:
    """A text said again and again until it is as long as the office takes it."""
    return (text * (chars // len(text) + 1))[:chars].strip()


NAME: Final = longest("江州明湖国际大酒店管理有限公司（会议中心及附属公寓）")
PERSON: Final = longest("Bartholomew Featherstonehaugh-Cholmondeley ")
ADDRESS: Final = longest("湖心大道 1888 号明湖国际商务中心 C 座 27 层 2703 室（走货梯）")
PROBLEM: Final = longest("室外机压缩机满负荷运行二十分钟后必跳机，复位后仍然如此。", 1200)
SUMMARY: Final = longest("Compressor of the outdoor unit trips after twenty minutes of full load. ")
UNBROKEN: Final = "KFR-72LW/B3-" * 12


LONGEST: Final[dict[str, tuple[str, tuple[str | int, ...]]]] = {
    "ticket": ("SELECT number FROM ticket WHERE id = ?", ("ticket", 1)),
    "work_order": ("SELECT number FROM work_order WHERE id = ?", ("order", 1)),
}


class EmptyHouse(Template):
    """A company in its first minute: somebody of every role, and nothing else."""

    def furnish(self, office: Office) -> None:
        """Nothing."""

    def proofs(self, office: Office) -> dict[str, str]:
        """None: nothing was done yet."""
        return {}


class CrowdedHouse(Template):
    """The demo company with sixty technicians more, the longest texts, and very many requests."""

    def furnish(self, office: Office) -> None:
        """All of it."""
        super().furnish(office)
        acts = [*_crew(), *_clients()]
        for index in range(REQUESTS):
            acts += _request(index)
        for start in range(0, len(acts), AT_ONCE):
            _say(office, acts[start : start + AT_ONCE])

    def things(self, office: Office) -> dict[str, str]:
        """What is longest here, for addresses that name something."""
        with office.reading() as books:
            found = {
                noun: str(books.exec_driver_sql(asked, (_id(*named),)).scalar())
                for noun, (asked, named) in LONGEST.items()
            }
        known = {
            "customer": _id("customer", 1),
            "site": _id("site", 1),
            "asset": _id("asset", 1, 0),
        }
        return {**super().things(office), **known, **found}


def _say(office: Office, acts: list[tuple[Asked, int]]) -> None:
    ops = [
        WireOp(lseq=0, id=one.id, body=office.body(one, SYSTEM, START_MS - minutes * MINUTE_MS))
        for one, minutes in acts
    ]
    for result in office.receive(ops, None, START_MS - MINUTE_MS):
        assert result.verdict == "applied", result


def _id(*names: str | int) -> str:
    return derive("crowded", *names)


def _put(noun: str, identity: str, row: dict[str, Any]) -> tuple[Asked, int]:
    on = (noun, identity)
    return Asked(id=_id("put", identity), kind="master.put", on=on, args={"row": row}), 600


def _crew() -> list[tuple[Asked, int]]:
    return [
        _put(
            "person",
            _id("person", index),
            {
                "login": f"crew.{index}"
                if index % 9
                else f"crew.{index}.featherstonehaugh-cholmond",
                "name": f"陆建华{index}" if index % 9 else f"{index} {PERSON}"[:LINE_CHARS_MAX],
                "roles": ["technician"],
                "code": f"C{index:02}",
                "skills": SKILLS,
                "zones": ["云溪", "城北"],
            },
        )
        for index in range(TECHNICIANS)
    ]


def _clients() -> list[tuple[Asked, int]]:
    acts = []
    for index in range(CUSTOMERS):
        client, site = _id("customer", index), _id("site", index)
        zone = {"zone": "云溪", "time_zone": "Asia/Shanghai"}
        firm = {"name": NAME, "type": "organisation", "phone": "051288886666"}
        machine = {"name": SUMMARY, "model": UNBROKEN, "serial": f"{index}{UNBROKEN}"}
        acts += [
            _put("customer", client, firm),
            _put("site", site, {"customer_id": client, "name": NAME, "address": ADDRESS, **zone}),
            *(
                _put(
                    "asset",
                    _id("asset", index, turn),
                    {"site_id": site, "product_class": "room_ac", **machine},
                )
                for turn in range(4)
            ),
        ]
    return acts


def _request(index: int) -> list[tuple[Asked, int]]:
    """A ticket with its work order, which is given to somebody and planned for this afternoon."""
    at = index % CUSTOMERS
    ticket, order = _id("ticket", index), _id("order", index)
    place = {"customer": _id("customer", at), "site": _id("site", at), "asset": _id("asset", at, 0)}
    told = {**place, "channel": "phone", "priority": "emergency", "problem": PROBLEM}
    job = {"category": "A", "service": "repair", "priority": "emergency", "summary": SUMMARY}
    begin = 8 + index % 10
    window = [f"{DAY}T{begin:02}:00", f"{DAY}T{begin + 1:02}:30"]
    plan = {"planned_from": window[0], "planned_to": window[1]}
    acts: list[tuple[str, str, str, dict[str, Any], int]] = [
        (ticket, "ticket.open", "ticket", told, 500),
        (order, "work_order.create", "work_order", {**job, **plan, "ticket": ticket}, 490),
    ]
    if index % 4:
        lead = {"person": _id("person", index % TECHNICIANS), "role": "lead"}
        acts.append((_id("sent", index), "work_order.assign", "work_order", lead, 480))
    return [
        (Asked(id=one, kind=kind, on=(noun, ticket if noun == "ticket" else order), args=args), ago)
        for one, kind, noun, args, ago in acts
    ]
