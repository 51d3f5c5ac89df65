"""One message of every sort, made the same way every time, as it looks on the wire today."""

from pathlib import Path
from typing import Any

import msgspec

from shared.calendars import COMPANY
from shared.clock import At
from shared.foresight_rules import FORESIGHT
from shared.ids import derive, fingerprint
from shared.kinds import REGISTRY
from shared.ops import Op, encode
from shared.policy import CHOICE
from shared.return_terms import TERMS
from shared.wordings import RULES, wording_id
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
    "enquiry.receive": {
        "channel": "web",
        "received_at": START_MS,
        "sender": "陈美玲",
        "contact": "138 0013 8000",
        "text": "空调不制冷，最好周六上门",
        "language": "zh",
        "files": [{"name": "铭牌.jpg", "type": "image/jpeg", "size": 81_920}],
        "asset": ASSET,
    },
    "enquiry.link": {"ticket": OF},
    "enquiry.refuse": {"reason": "广告"},
    "ticket.acknowledge": {"means": "phone", "note": "已回电"},
    "ticket.inform": {"means": "sms", "note": "师傅已接单"},
    "ticket.decide_scope": {"scope": "out", "reason": "非本公司产品", "means": "phone"},
    "ticket.propose": {"means": "phone", "text": "先远程重启，不行再上门"},
    "ticket.resolve": {"means": "phone", "text": "已指导客户复位"},
    "ticket.go_on": {"note": "已收到"},
    "ticket.chase": {"note": "问何时到"},
    "ticket.urge": {"note": "店里停业了"},
    "ticket.withdraw": {"reason": "客户已自行解决"},
    "ticket.link": {"ticket": OF},
    "ticket.call_back": {"means": "phone", "reached": True, "satisfied": True},
    "ticket.close": {"reason": "客户满意"},
    "ticket.classify": {
        "kind": "fault",
        "urgency": "urgent",
        "complexity": "general",
        "impact": "one",
        "mode": "on_site",
        "handled_by": "in_house",
        "major": True,
        "owner": ANN,
    },
    "ticket.agree": {"visit": "2026-11-23T09:00", "due": "2026-11-25T18:00", "note": "周一上午"},
    "ticket.excuse": {"limit": "arrive", "reason": "weather", "note": "大雪封路"},
    "ticket.settle_time": {"limit": "arrive", "said": "met", "note": "客户证实"},
    "return.ask": {"wish": "exchange", "reason": "quality", "asset": ASSET, "note": "用了三天就坏"},
    "return.decide": {
        "granted": True,
        "means": "phone",
        "asset": ASSET,
        "day": "2025-03-10",
        "reason": "quality",
        "papers": ["fault_report", "repair_record", "invoice"],
        "borne_by": "company",
        "fee": 0,
        "currency": "CNY",
    },
    "return.receive": {"way": "collected", "note": "张师傅取回"},
    "return.inspect": {"confirmed": True, "text": "压缩机卡死"},
    "return.refund": {
        "amount": 120_000,
        "currency": "CNY",
        "day": "2026-11-25",
        "note": "退",
    },
    "return.exchange": {
        "asset": ASSET,
        "model": "KF-36",
        "serial": "S-10",
        "delivered_on": "2026-11-25",
        "note": "已装机",
    },
    "return.drop": {"reason": "客户决定维修"},
    "return.set_terms": {
        "papers": ["fault_report", "invoice"],
        "return_days": 7,
        "exchange_days": 15,
        "costs": [{"reason": "quality", "product_class": "vrf", "borne_by": "company"}],
        "warranty": "remains",
    },
    "foresight.set": {
        "repeat_count": 4,
        "repeat_days": 90,
        "again_days": 30,
        "drift_days": 60,
        "ends_days": 45,
        "due_days": 30,
        "parts_times": 3,
        "parts_days": 365,
        "intervals": [{"product_class": "vrf", "months": 6}],
    },
    "message.word": {
        "template": "progress",
        "text_en": "{company}: news of {number}: {what} {link}",
        "text_zh": "【{company}】{number}有新进展：{what} {link}",
    },
    "message.set_rules": {"automatic": ["opened", "result"], "linked": ["opened"]},
    "ticket.wait": {"reason": "mail_in", "note": "客户寄回主板"},
    "work_order.contact": {"means": "phone", "reached": True, "visit_at": "2026-11-24T09:30"},
    "work_order.create": {**ORDER_ARGS, "ticket": OF, "checklist": CHECKLIST, "job_note": "门铃坏"},
    "work_order.begin": {
        "beside": OF,
        "provisional": "K7Q-0012",
        "summary": "室外机支架松动",
        "service": "repair",
        "asset": ASSET,
        "note": "客户要求今天处理",
    },
    "work_order.assign": {"person": ANN, "role": "lead"},
    "work_order.reassign": {"person": BOB, "reason": "ill"},
    "work_order.unassign": {"person": ANN, "reason": "ill"},
    "work_order.cancel": {"reason": "sold"},
    "work_order.decline": {"reason": "车坏了", "note": "拖车已叫"},
    "customer.add": {"name": "陈美玲", "type": "person", "phone": "138 0013 8000"},
    "site.add": {"customer": CUSTOMER, "address": "桂月路 1 号", "time_zone": "Asia/Shanghai"},
    "asset.add": {"site": SITE, "model": "KF-35", "serial": "S-9", "delivered_on": "2025-03-01"},
    "asset.correct": {"model": "KF-35", "serial": "S-9", "invoiced_on": "2025-03-04"},
    "customer.classify": {"tier": "key"},
    "customer.merge": {"into": CUSTOMER},
    "site.merge": {"into": SITE},
    "asset.merge": {"into": ASSET},
    "contract.add": {
        "customer": CUSTOMER,
        "number": "HT-2026-7",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "covers": ["visit", "labour"],
    },
    "contract.end": {"last_day": "2026-06-30"},
    "policy.publish": {
        "name": "p-house",
        "valid_from": "2026-01-01",
        "en": "House policy",
        "zh": "本公司政策",
        "limits": [
            {
                "id": "arrive_urban",
                "node": "arrive",
                "start": "assigned",
                "stop": "arrived",
                "amount": 2,
                "when": {"zone": ["urban"]},
                "pauses": ["customer_date"],
                "agreed": "may",
                "agreed_max": 24,
                "source": ["R-SLA-08"],
            }
        ],
        "targets": [{"id": "first_response", "share": 9500}],
    },
    "policy.choose": {
        "choice": {"policy": "p-house", "valid_from": "2026-01-01"},
        "zones": {"North": "urban"},
    },
    "calendar.set": {
        "time_zone": "Asia/Shanghai",
        "week": [*[[["09:00", "12:00"], ["13:00", "18:00"]]] * 5, [], []],
        "days": [{"date": "2026-10-01", "works": False, "name": "国庆节", "origin": "statutory"}],
        "country": "CN",
        "open_years": [2027],
    },
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
    "task.raise": {
        "code": "clock_overdue",
        "params": {"limit": "arrive", "node": "arrive", "due": START_MS, "role": "team_leader"},
    },
    "task.settle": {"reason": "late", "task": OF},
    "message.queue": {
        "ticket": OF,
        "template": "progress",
        "text": "【江州冷暖】服务单 T-26-000001 进展：配件明天到",
        "language": "zh",
        "to": "陈美玲",
        "phone": "138 0013 8000",
        "email": "chen@example.com",
        "params": {"what": "配件明天到"},
        "channel": "webhook",
    },
    "message.send": {
        "channel": "technician_sms",
        "delivered": True,
        "reference": "g-7",
        "work_order": JOB,
    },
    "message.fail": {"why": "号码已停机", "work_order": JOB},
    "message.cancel": {"why": "已当面告知"},
    "feedback.record": {
        "ticket": OF,
        "kind": "complaint",
        "means": "in_person",
        "text": "约好九点，十一点才到",
        "said_by": "陈美玲",
        "contact": "138 0013 8000",
        "type": "delay",
        "grade": "general",
        "work_order": JOB,
    },
    "feedback.sort": {"type": "delay", "grade": "serious"},
    "feedback.contact": {"means": "phone", "reached": True, "understood": True, "note": "已致歉"},
    "feedback.plan": {"means": "phone", "text": "明天由组长上门"},
    "feedback.result": {"means": "phone", "text": "已改派", "compensation": "免上门费"},
    "feedback.call": {
        "means": "phone",
        "reached": True,
        "cause": "配件到货晚",
        "measure": "常用件增加备货",
    },
    "feedback.put_right": {"measure": "已换新报价单", "cause": "报价单过旧"},
    "feedback.confirm": {"what": ["understood", "done"]},
    "feedback.close": {"outcome": "客户满意", "confirmations": ["told"]},
    "feedback.take_back": {"reason": "客户误会"},
    "feedback.score": {
        "ticket": OF,
        "score": 2,
        "text": "等了太久",
        "aspects": {"speed": 1, "solution": 4},
        "solved": "yes",
    },
    "feedback.correct": {"score": 4, "solved": "yes"},
    "ticket.take_up": {"reason": "客户说没修好", "feedback": OF},
    "note.add": {"text": '滤网堵塞 🙂 "quoted"', "audience": "customer"},
    "photo.add": {
        "sha256": PRINT,
        "size": 812_345,
        "width": 1600,
        "height": 1200,
        "thumb_sha256": "e" * 64,
        "thumb_size": 9_876,
        "slot": "plate",
        "caption": "铭牌",
        "audience": "internal",
        "asset": ASSET,
        "drawn_on": OF,
    },
    "photo.describe": {"photo": OF, "slot": "after", "caption": "清洗后", "audience": "customer"},
    "photo.drop": {"photo": OF, "reason": "拍糊了"},
    "photo.arrive": {"photo": OF, "fault": "unreadable"},
    "sign_off.take": {
        "purpose": "visit",
        "document": '{"version":1}',
        "shown_hash": PRINT,
        "seal": "e" * 64,
        "signed_at": START_MS,
        "app": "1.0.0",
        "signer": "陈美玲",
        "signer_role": "family",
        "relation": "女儿",
        "rating": 5,
        "ink": {"width": 3200, "height": 1600, "strokes": [[100, 900, 0, 700, 300, 160]]},
        "technician_ink": {"width": 3200, "height": 1600, "strokes": [[1, 2, 0, 900, 4, 8]]},
        "also": [OF],
    },
    "sign_off.check": {"sign_off": OF, "also": [JOB], "price_list": OF},
    "charge.decide": {
        "category": "C",
        "basis": "warranty",
        "code": "in_warranty_delivery",
        "params": {"until": "2027-03-01", "since": "2025-03-01"},
        "covers": ["visit", "labour", "part"],
        "note": "主板质保期内",
    },
    "charge.add": {
        "price_list": OF,
        "line": {
            "kind": "part",
            "quantity": "1.5",
            "name": "排水泵",
            "price": 12_800,
            "tax": 1300,
            "covered": True,
            "note": "原厂件",
            "use": OF,
        },
    },
    "charge.drop": {"charge": OF},
    "quote.make": {
        "price_list": OF,
        "lines": [{"kind": "labour", "quantity": "2", "item": "labour"}],
    },
    "quote.decline": {"quote": OF, "reason": "考虑换新机"},
    "payment.take": {
        "method": "qr",
        "amount": 36_800,
        "currency": "CNY",
        "price_list": OF,
        "payer": "陈女士",
        "transaction": "4200 0026 1123",
        "photo": OF,
    },
    "payment.void": {"payment": OF, "reason": "金额写错"},
    "payment.hand_over": {"payment": OF},
    "invoice.ask": {
        "price_list": OF,
        "type": "special",
        "title": "江州禾丰食品有限公司",
        "tax_number": "91350100M000100Y43",
        "delivery": "email",
        "address": "caiwu@hefeng.example",
        "bank": "江州银行 6222 0000",
    },
    "invoice.issue": {"request": OF, "number": "26952000000012345678"},
    "invoice.reverse": {"request": OF, "reason": "抬头有误"},
    "item.take": {
        "what": "室内机主板",
        "reason": "需返厂检测",
        "asset": ASSET,
        "serial": "SN-9",
        "accessories": "遥控器",
        "condition": "外壳有划痕",
        "back_by": "2026-12-04",
        "estimate": 58_000,
    },
    "item.hand_in": {"item": OF},
    "item.return": {"item": OF},
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
    "op.accept": {"of": OF, "body_fingerprint": PRINT},
    "stock.receive": {"part": FILTER, "quantity": "2.5"},
    "master.put": MASTER[9][2],
}
ON = {
    "edit": ("site", SITE),
    "op.repair": ("op", OF),
    "op.discard": ("op", OF),
    "op.accept": ("op", OF),
    "stock.receive": ("location", VAN_ANN),
    "stock.move": ("location", VAN_ANN),
    "stock.count": ("location", VAN_ANN),
    "task.close": ("task", OF),
    "task.raise": ("ticket", OF),
    "task.settle": ("ticket", OF),
    "message.queue": ("message", derive("golden", "message.queue")),
    "message.send": ("message", OF),
    "message.fail": ("message", OF),
    "message.cancel": ("message", OF),
    "message.word": ("message_wording", wording_id("progress")),
    "message.set_rules": ("message_rules", RULES),
    "foresight.set": ("foresight_rules", FORESIGHT),
    "return.set_terms": ("return_terms", TERMS),
    **{
        f"feedback.{verb}": ("feedback", OF)
        for verb in (
            *("sort", "contact", "plan", "result", "call", "put_right", "confirm", "close"),
            *("take_back", "correct"),
        )
    },
    "feedback.record": ("feedback", derive("golden", "feedback.record")),
    "feedback.score": ("feedback", derive("golden", "feedback.score")),
    "ticket.take_up": ("ticket", OF),
    "customer.add": ("customer", derive("golden", "customer.add")),
    "site.add": ("site", derive("golden", "site.add")),
    "asset.add": ("asset", derive("golden", "asset.add")),
    "asset.correct": ("asset", ASSET),
    "customer.classify": ("customer", CUSTOMER),
    "customer.merge": ("customer", derive("golden", "customer.add")),
    "site.merge": ("site", derive("golden", "site.add")),
    "asset.merge": ("asset", derive("golden", "asset.add")),
    "contract.add": ("contract", derive("golden", "contract.add")),
    "contract.end": ("contract", OF),
    "master.put": ("customer", CUSTOMER),
    "policy.publish": ("service_policy", derive("golden", "policy.publish")),
    "policy.choose": ("policy_choice", CHOICE),
    "calendar.set": ("working_calendar", COMPANY),
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


def in_doubt() -> tuple[Request, Reply]:
    """What is said of files of which a phone does not know whether the server has them."""
    at = At(wall=START_MS, boot="b-1", mono=123_456, src="boottime")
    asking = Request(
        protocol=1,
        app="golden",
        device="device-1",
        incarnation="i-1",
        clock=at,
        files=[PRINT, "e" * 64, "d" * 64],
    )
    told = Reply(
        server_epoch="epoch-1",
        now=START_MS,
        stamp=make_stamp("k1", KEYS["k1"], ("epoch-1", START_MS), "device-1"),
        have=["e" * 64],
        wanted=[PRINT],
    )
    return asking, told


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
    asking, told = in_doubt()
    messages |= {
        "request-files.json": protocol.encode(asking).decode() + "\n",
        "reply-files.json": protocol.encode(told).decode() + "\n",
    }
    return {
        "ops.jsonl": ops,
        "token.txt": seal_token(token, KEYS) + "\n",
        "wire-op.json": msgspec.json.encode(wire).decode() + "\n",
        **messages,
    }
