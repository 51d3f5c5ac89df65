"""Folders of Ann's phone to open the app on: an ordinary day, nothing at all, and the worst day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from mobile.device import Installation, install
from mobile.keys import adopt_key, next_key
from mobile.notebook import notify
from shared.ids import derive
from shared.ops import SYSTEM
from shared.policy import CHOICE
from sync.ports import Notice
from tests.mobile.phones import Phone
from tests.world import ANN, BOARD, CHECKLIST, FILTER, World, known

SERVER: Final = "http://127.0.0.1:9"  # nobody answers at the discard port
DAY: Final = "2026-11-23"
# 10:30 in Shanghai on that day, where the work is.
NOW_MS: Final = 1_795_401_000_000
LONG_EN: Final = (
    "Compressor of the outdoor unit trips after exactly twenty minutes of full load, again"
)
LONG_ZH: Final = "室外机压缩机满负荷运行二十分钟后必跳机，复位后仍然如此，用户要求当天务必修好"
LONG_ADDRESS: Final = (
    "江苏省江州市滨湖区湖心大道 1888 号明湖国际商务中心 C 座 27 层 2703 室"
    "（由地下二层货梯进入，找物业李工）"
)
LONG_NAME: Final = "江州明湖国际大酒店管理有限公司（会议中心及附属公寓）"
JOBS: Final = (
    (
        "空调不制冷",
        "江州明湖大酒店",
        "江州市滨湖区湖心大道 188 号明湖大酒店主楼 3 层机房",
        "urgent",
    ),
    ("Lift 4 door reopening fault", "Meridian Tower", "12 Canal St, Lobby", "normal"),
    ("热水器不点火", "陈美玲", "云溪区桂月路 26 号云溪花园 5 幢 1203 室", "normal"),
    ("UPS battery replacement", "Northgate Data Centre", "5 Foundry Way, Hall 2", "emergency"),
    ("冷库温度偏高", "城北水产批发市场", "城北区北望路 7 号 2 号冷库", "low"),
    ("空调清洗保养", "李建国", "城北区长乐街 101 号北辰家园 2 幢 402 室", "low"),
)
HOURS: Final = ((8, 9), (9, 11), (11, 12), (13, 15), (15, 16), (16, 18))


class Given:
    """A phone's folder that is being filled."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self.world.now_ms = NOW_MS - 3_600_000
        self.phone = Phone(folder, self.world)
        self.count = 0
        self.tickets: dict[str, str] = {}
        key = next_key(folder)
        assert key.public()
        adopt_key(folder)
        install(
            folder,
            Installation(
                server=SERVER,
                device=self.phone.replica.identity().device,
                person=ANN,
                login="ann",
                name="Ann",
                code="T01",
            ),
        )

    def put(self, noun: str, called: str, row: dict[str, Any]) -> str:
        """Master data; returns its id."""
        identity = known(called)
        self.world.must(self.world.office("master.put", (noun, identity), {"row": row}, by=SYSTEM))
        return identity

    def job(self, summary: str, customer: str, address: str, **order: Any) -> str:
        """A job at a site of its own, given to Ann; returns its id."""
        self.count += 1
        client = self.put("customer", f"client {self.count}", {"name": customer, "type": "person"})
        site = self.put(
            "site",
            f"site {self.count}",
            {
                "customer_id": client,
                "address": address,
                "time_zone": "Asia/Shanghai",
                "contact_phone": "13800005678",
            },
        )
        machine = {"site_id": site, "name": "Machine", "model": "KFR-72LW/B3", "serial": "S-7"}
        asset = self.put("asset", f"asset {self.count}", {**machine, "product_class": "room_ac"})
        opened = {"customer": client, "site": site, "asset": asset, "problem": summary}
        ticket = self.world.must(
            self.world.office(
                "ticket.open",
                ("ticket", ""),
                {**opened, "channel": "phone", "priority": "normal"},
            )
        ).id
        args = {"category": "A", "service": "repair", "priority": "normal", "summary": summary}
        created = {**args, "ticket": ticket, "checklist": CHECKLIST, **order}
        identity = self.world.must(
            self.world.office("work_order.create", ("work_order", ""), created)
        ).id
        said = {"person": ANN, "role": "lead"}
        self.world.must(self.world.office("work_order.assign", ("work_order", identity), said))
        self.tickets[identity] = ticket
        return identity

    def message(self, order: str, text: str) -> None:
        """What the customer of a job is to be told by whoever has it."""
        told = {
            "ticket": self.tickets[order],
            "template": "visit_agreed",
            "language": "zh",
            "text": text,
        }
        args = {**told, "phone": "13800005678", "channel": "technician_sms"}
        self.world.must(self.world.office("message.queue", ("message", ""), args))

    def say(self, order: str, *acts: tuple[str, dict[str, Any]]) -> None:
        """What Ann records on a job."""
        for kind, args in acts:
            self.phone.must(kind, args, ("work_order", order))

    def cancelled_first_job(self) -> None:
        """The job every phone of the small company begins with is out of the way."""
        on = ("work_order", self.phone.job)
        self.world.must(self.world.office("work_order.cancel", on, {"reason": "已另行处理"}))


def window(begin: int, end: int, day: str = DAY) -> dict[str, str]:
    """A planned time on a day."""
    return {"planned_from": f"{day}T{begin:02}:00", "planned_to": f"{day}T{end:02}:00"}


def empty(folder: Path) -> None:
    """A phone that has just been enrolled and knows of no job."""
    _bare(folder).phone.connection.close()


def _bare(folder: Path) -> Given:
    given = Given(folder)
    with given.phone.replica.transaction():
        for table in ("row", "mark"):
            given.phone.connection.execute(f"DELETE FROM {table} WHERE stream <> 'catalog'")
        for table in ("notice", "told"):
            given.phone.connection.execute(f"DELETE FROM {table}")
    return given


def unconfirmed(folder: Path) -> None:
    """A phone that has just been enrolled and that the office has yet to let in."""
    given = _bare(folder)
    replica = given.phone.replica
    with replica.transaction():
        replica.identify(structs.replace(replica.identity(), unconfirmed=True))
    given.phone.connection.close()


def ordinary(folder: Path) -> list[str]:
    """A day of six jobs, one of them under way with work that waits; returns their ids."""
    given = Given(folder)
    given.cancelled_first_job()
    orders = [
        given.job(summary, customer, address, priority=priority, **window(*HOURS[index]))
        for index, (summary, customer, address, priority) in enumerate(JOBS)
    ]
    tomorrow = (datetime.fromisoformat(DAY).replace(tzinfo=UTC) + timedelta(days=1)).date()
    orders.append(given.job("Second visit", "王阿姨", "桂苑小区", **window(9, 10, str(tomorrow))))
    given.phone.sync()
    for order in orders[:3]:
        given.say(order, ("work_order.accept", {}))
    given.phone.sync()
    given.say(
        orders[1],
        ("work_order.depart", {}),
        ("work_order.arrive", {}),
        ("work_order.start", {}),
        ("checklist.answer", {"item": "pressure", "value": "1.2"}),
        ("note.add", {"text": "Ring twice / 按两次门铃", "audience": "internal"}),
    )
    given.phone.connection.close()
    return orders


# What a policy of this size holds for a technician; the office has limits of its own.
LIMITS: Final = (
    {
        "id": "assign",
        "node": "assign",
        "start": "received",
        "stop": "assigned",
        "amount": 30,
        "unit": "min",
    },
    {
        "id": "contact",
        "node": "contact",
        "start": "assigned",
        "stop": "contacted",
        "amount": 2,
        "promised": True,
    },
    {
        "id": "arrive",
        "node": "arrive",
        "start": "received",
        "stop": "arrived",
        "amount": 4,
        "pauses": ["parts", "customer_date"],
        "promised": True,
    },
    {
        "id": "solve",
        "node": "solve",
        "start": "received",
        "stop": "resolved",
        "amount": 3,
        "unit": "working_day",
        "calendar": "working",
        "pauses": ["parts"],
    },
)


def timed(folder: Path) -> list[str]:
    """A day on which clocks run: one with much time, one short, one late, one met, one at rest."""
    given = Given(folder)
    given.cancelled_first_job()
    policy = {
        "name": "hotline",
        "valid_from": "2026-01-01",
        "en": "Hotline",
        "zh": "热线",
        "limits": list(LIMITS),
    }
    said = given.world.office("policy.publish", ("service_policy", ""), policy, by=SYSTEM)
    given.world.must(said)
    chosen = {"choice": {"policy": "hotline", "valid_from": "2026-01-01"}}
    given.world.must(
        given.world.office("policy.choose", ("policy_choice", CHOICE), chosen, by=SYSTEM)
    )
    orders = []
    for index, hours in enumerate((0.2, 1.9, 3.5, 5, 1)):
        given.world.now_ms = NOW_MS - round(hours * 3_600_000)
        summary, customer, address, priority = JOBS[index]
        orders.append(
            given.job(summary, customer, address, priority=priority, **window(*HOURS[index + 1]))
        )
    given.world.now_ms = NOW_MS - 600_000
    given.message(orders[3], "【云溪】工程师 Ann 将于今天 15:00–16:00 上门，服务单 T-26-000005。")
    given.phone.sync()
    for order in orders[1:]:
        given.say(order, ("work_order.accept", {}))
    given.say(
        orders[2],
        ("work_order.contact", {"means": "phone", "reached": True}),
        ("work_order.depart", {}),
        ("work_order.arrive", {}),
    )
    given.phone.sync()
    given.phone.connection.close()
    return orders


def worst(folder: Path) -> list[str]:
    """Very many jobs with very long names, and an outbox in which everything went wrong."""
    given = Given(folder)
    orders = [
        given.job(
            LONG_ZH if index % 2 else LONG_EN,
            LONG_NAME,
            LONG_ADDRESS,
            priority="emergency",
            **window(7 + index % 12, 8 + index % 12),
        )
        for index in range(40)
    ]
    for index in range(40):
        name = f"耐高温密封圈总成（加强型）{index}"
        row = {"number": f"P-{index:04}", "en": f"{LONG_EN} {index}", "zh": name}
        part = given.put("part", f"part {index}", {**row, "type": "original", "unit": "piece"})
        args = {"part": part, "quantity": str(1 + index * 37 % 900)}
        van = ("location", known("van ann"))
        given.world.must(given.world.office("stock.receive", van, args, by=SYSTEM))
    given.phone.sync()
    for order in orders[:12]:
        given.say(order, ("work_order.accept", {}), ("note.add", _note(LONG_ZH * 2)))
    given.phone.sync()
    first = orders[0]
    given.say(first, ("work_order.depart", {}), ("work_order.arrive", {}), ("work_order.start", {}))
    used = {"part": FILTER, "quantity": "12"}
    given.say(
        first, ("parts.use", used), ("parts.use", {"part": BOARD, "quantity": "1", "serial": "S-1"})
    )
    edit = {"fields": {"access_notes": LONG_ADDRESS, "contact_phone": "139 0000 1111"}}
    given.say(first, ("edit", edit))
    given.world.must(
        given.world.office("work_order.cancel", ("work_order", orders[1]), {"reason": LONG_ZH})
    )
    given.say(orders[1], ("work_order.depart", {}))
    moved = {
        "fields": {
            "planned_from": [f"{DAY}T09:00", f"{DAY}T18:00"],
            "planned_to": [f"{DAY}T10:00", f"{DAY}T20:00"],
        }
    }
    given.world.office("edit", ("work_order", orders[2]), moved)
    given.phone.sync()
    given.say(first, ("note.add", _note(LONG_EN)), ("work_order.pause", {"reason": LONG_EN}))
    _spoil(
        given,
        {"parts.use": ("quarantined", "future_version"), "edit": ("rejected", "not_permitted")},
    )
    given.phone.connection.close()
    return orders


def _note(text: str) -> dict[str, Any]:
    return {"text": text, "audience": "internal"}


def _spoil(given: Given, verdicts: dict[str, tuple[str, str]]) -> None:
    """What a server of another version might have said of some ops."""
    epoch = given.phone.replica.identity().epoch
    for line in given.phone.queries.outbox():
        if line.kind in verdicts:
            entry = given.phone.replica.known_as(line.op_id)
            assert entry is not None
            verdict, code = verdicts[line.kind]
            spoilt = structs.replace(entry, verdict=verdict, code=code, epoch=epoch)
            told = Notice(
                id=derive("notice", line.op_id),
                kind="refused" if verdict == "rejected" else "quarantined",
                at=NOW_MS,
                job=line.job,
                number=line.number,
                op_id=line.op_id,
                op_kind=line.kind,
                code=code,
            )
            with given.phone.replica.transaction():
                given.phone.replica.update([spoilt])
                notify(given.phone.connection, [told])
