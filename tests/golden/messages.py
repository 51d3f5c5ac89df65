"""One message of every sort, made the same way every time, as it looks on the wire today."""

from pathlib import Path
from typing import Any

import msgspec

from shared.clock import At
from shared.ids import derive, fingerprint
from shared.kinds import REGISTRY
from shared.ops import Op, encode
from sync import protocol
from sync.ports import Replica
from sync.protocol import Reply, Request, WireOp
from sync.session import TimedOut
from sync.tokens import Token, make_stamp, seal_token
from tests.world import (
    ANN,
    ARGS_OF,
    ASSET,
    BOARD,
    BOB,
    CHECKLIST,
    CUSTOMER,
    DORA,
    FILTER,
    KEYS,
    MASTER,
    ORDER_ARGS,
    SITE,
    START_MS,
    TICKET_ARGS,
    VAN_ANN,
    World,
)

FOLDER = Path(__file__).resolve().parent
JOB, VISIT = derive("golden", "job"), derive("golden", "visit")
OF, PRINT = derive("golden", "of"), "f" * 64
ARGS: dict[str, Any] = {
    "ticket.open": {**TICKET_ARGS, "asset": ASSET, "caller": "陈女士"},
    "work_order.create": {**ORDER_ARGS, "ticket": OF, "checklist": CHECKLIST, "job_note": "门铃坏"},
    "work_order.assign": {"person": ANN, "role": "lead"},
    "work_order.reassign": {"person": BOB, "reason": "ill"},
    "work_order.unassign": {"person": ANN, "reason": "ill"},
    "work_order.cancel": {"reason": "sold"},
    "work_order.decline": {"reason": "车坏了", "note": "拖车已叫"},
    "customer.add": {"name": "陈美玲", "type": "person", "phone": "138 0013 8000"},
    "site.add": {"customer": CUSTOMER, "address": "桂月路 1 号", "time_zone": "Asia/Shanghai"},
    "asset.add": {"site": SITE, "model": "KF-35", "serial": "S-9", "delivered_on": "2025-03-01"},
    "visit.plan": {
        "person": ANN,
        "planned_from": "2026-11-23T09:00",
        "planned_to": "2026-11-23T11:00",
    },
    "visit.move": {
        "visit": VISIT,
        "planned_from": "2026-11-24T09:00",
        "planned_to": "2026-11-24T11:00",
        "fault": "customer",
    },
    "work_order.complete": {"outcome": "done", "diagnosis": "E6", "work_done": "清洗滤网"},
    "work_order.pause": ARGS_OF["pause"],
    "checklist.answer": {"item": "pressure", "value": "1.25", "asset": ASSET},
    "parts.use": {"part": BOARD, "location": VAN_ANN, "quantity": "1", "serial": "SN-1"},
    "parts.plan": {"part": FILTER, "quantity": "2", "note": "按上次用量"},
    "parts.unplan": {"planned": OF},
    "parts.return": {"use": OF, "quantity": "1"},
    "parts.order": {"text": "排水泵 PSB-12", "quantity": "1", "note": "急"},
    "parts.supply": {"ordered": OF},
    "stock.move": {"part": FILTER, "quantity": "3", "to": OF},
    "stock.count": {"part": FILTER, "counted": "7.5"},
    "task.close": {"note": "已电话联系客户"},
    "note.add": {"text": '滤网堵塞 🙂 "quoted"', "audience": "customer"},
    "edit": {"fields": {"contact_phone": ["138", "139"]}, "work_order": JOB},
    "conflict.settle": {"conflict": OF, "choice": "swap", "loser": 0},
    "op.repair": {
        "of": OF,
        "body_fingerprint": PRINT,
        "kind": "note.add",
        "v": 1,
        "on": ["work_order", JOB],
        "args": {"text": "x", "audience": "internal"},
    },
    "op.discard": {"of": OF, "reason": "a test"},
    "stock.receive": {"part": FILTER, "quantity": "2.5"},
    "master.put": MASTER[9][2],
}
ON = {
    "edit": ("site", SITE),
    "op.repair": ("op", OF),
    "op.discard": ("op", OF),
    "stock.receive": ("location", VAN_ANN),
    "stock.move": ("location", VAN_ANN),
    "stock.count": ("location", VAN_ANN),
    "task.close": ("task", OF),
    "customer.add": ("customer", derive("golden", "customer.add")),
    "site.add": ("site", derive("golden", "site.add")),
    "asset.add": ("asset", derive("golden", "asset.add")),
    "master.put": ("customer", CUSTOMER),
}


def bodies() -> dict[str, str]:
    """An op of every kind there is, by kind."""
    at = At(wall=START_MS, boot="b-1", mono=123_456, src="boottime")
    stamp = make_stamp("k1", KEYS["k1"], ("epoch-1", START_MS), "device-1")
    made = {}
    for kind in sorted(REGISTRY.kinds.values(), key=lambda one: one.name):
        device = kind.device
        op = Op(
            id=derive("golden", kind.name),
            kind=kind.name,
            v=kind.version,
            on=ON.get(kind.name, ("work_order", JOB)),
            by=ANN if device else DORA,
            origin="device" if device else "api",
            at=at,
            salt="0123456789abcdef" * 2,
            args=msgspec.Raw(msgspec.json.encode(ARGS.get(kind.name, {}))),
            after=stamp if device else None,
            prev=PRINT if device else None,
            visit=VISIT if device else None,
        )
        made[kind.name] = encode(op)
    return made


class Overheard(World):
    """The small company, with somebody who writes down what is said on the wire."""

    said: dict[str, Request | Reply]

    def carry(self, phone: Replica, request: Request, fault: str) -> Reply | TimedOut:
        reply = super().carry(phone, request, fault)
        assert isinstance(reply, Reply)
        place = len(self.said) // 2 + 1
        self.said |= {f"request-{place}.json": request, f"reply-{place}.json": reply}
        return reply


def exchanges() -> dict[str, Request | Reply]:
    """What a phone and the server say to each other on a first and on a second round trip."""
    world = Overheard()
    world.said = {}
    order = world.job(ANN, checklist=CHECKLIST)
    phone = world.phone(ANN)
    world.sync(phone)
    world.taps(phone, order, "accept", "depart")
    world.sync(phone)
    return world.said


def written() -> dict[str, str]:
    """Every golden file, by name."""
    ops = "".join(
        msgspec.json.encode({"fingerprint": fingerprint(body), "body": body}).decode() + "\n"
        for body in bodies().values()
    )
    token = Token(
        key="k1", epoch="epoch-1", incarnation="i-1", n=7, place=12, nonce="n-7", vector="0" * 32
    )
    messages = {
        name: protocol.encode(message).decode() + "\n" for name, message in exchanges().items()
    }
    wire = WireOp(lseq=1, id=OF, body="{}")
    return {
        "ops.jsonl": ops,
        "token.txt": seal_token(token, KEYS) + "\n",
        "wire-op.json": msgspec.json.encode(wire).decode() + "\n",
        **messages,
    }
