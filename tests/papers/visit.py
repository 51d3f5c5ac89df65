"""A signed visit with one of everything on it, in either language, and its papers."""

import math
import random
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import structs
from PIL import Image, ImageDraw, ImageFilter

from server.texts import read_catalogue
from shared.document import (
    Document,
    Head,
    Machine,
    Named,
    Party,
    SeenCharge,
    SeenCoverage,
    SeenItem,
    SeenJob,
    SeenNote,
    SeenPart,
    SeenPayment,
    SeenPhoto,
    SeenQuote,
    SeenReading,
    SeenVisit,
    code_of,
    hash_of,
    lines_of,
    write,
)
from shared.ids import derive
from shared.ink import Ink
from shared.money import net_of, total_of
from shared.papers.content import Content, Wanted, of_signed, of_unsigned
from shared.papers.press import Fonts
from shared.payments import paid_of
from shared.prices import PriceList
from shared.seal import seal_of
from shared.sign_off import SignedDocument, SignOff, TakeArgs
from shared.texts import LANGUAGES, Language

ROOT: Final = Path(__file__).resolve().parents[2]
ZONE: Final = ZoneInfo("Asia/Shanghai")
MADE_AT: Final = 1_795_423_260_000
MINUTE: Final = 60_000
PRICES: Final = PriceList(
    id=derive("papers", "prices"),
    name="Service 2026",
    edition=3,
    valid_from="2026-01-01",
    currency="CNY",
    tax_inclusive=True,
    on_spot_limit=200_000,
    items=(),
    guarantee_days=90,
    warranty_from="delivery",
)
FONTS: Final = Fonts(
    regular=(ROOT / "assets/fonts/FieldfareUI-Regular.ttf").read_bytes(),
    bold=(ROOT / "assets/fonts/FieldfareUI-SemiBold.ttf").read_bytes(),
)
CATALOGUES: Final = {one: read_catalogue(ROOT / "assets/texts" / one) for one in LANGUAGES}


def wanted(language: Language) -> Wanted:
    """Papers in a language, at the site's time."""
    return Wanted(language=language, catalogue=CATALOGUES[language], zone=ZONE)


def ident(name: str) -> str:
    """The id of something on this visit."""
    return derive("papers", name)


@cache
def picture(seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A drawn picture of a dial or a cabinet, as the bytes of a JPEG."""
    dice, (w, h) = random.Random(seed), size
    shot = Image.new("RGB", size, (120 + 8 * seed, 128 + 6 * seed, 136))
    pen = ImageDraw.Draw(shot)
    for y in range(h):
        pen.line((0, y, w, y), fill=tuple(round(150 - 70 * y / h) + c for c in (0, 5, 10)))
    if seed % 2 == 0:
        across = h * 0.38
        box = (w / 2 - across, h / 2 - across, w / 2 + across, h / 2 + across)
        pen.ellipse(box, fill=(246, 245, 240), outline=(60, 64, 70), width=12)
        for mark in range(28):
            turn = math.radians(225 - mark * 10)
            near, far = across * (0.7 if mark % 4 else 0.62), across * 0.82
            ends = [(w / 2 + r * math.cos(turn), h / 2 - r * math.sin(turn)) for r in (near, far)]
            pen.line(ends, fill=(196, 40, 30) if mark > 20 else (30, 30, 30), width=4)
        turn = math.radians(dice.randint(20, 140))
        tip = (w / 2 + across * 0.7 * math.cos(turn), h / 2 - across * 0.7 * math.sin(turn))
        pen.line([(w / 2, h / 2), tip], fill=(180, 30, 24), width=9)
    else:
        pen.rectangle((w * 0.1, h * 0.12, w * 0.9, h * 0.9), fill=(206, 204, 196))
        for row in range(3):
            for column in range(4):
                left, top = w * (0.15 + 0.18 * column), h * (0.2 + 0.22 * row)
                pen.rectangle((left, top, left + w * 0.13, top + h * 0.14), fill=(48, 50, 54))
                pen.rectangle((left + 6, top + 8, left + 30, top + 26), fill=(210, 210, 205))
    noise = Image.frombytes("L", (w // 2, h // 2), dice.randbytes(w * h // 4))
    grain = noise.resize(size).convert("RGB")
    shot = Image.blend(shot.filter(ImageFilter.GaussianBlur(0.8)), grain, 0.05)
    file = BytesIO()
    shot.save(file, "JPEG", quality=80)
    return file.getvalue()


def hand(seed: int) -> Ink:
    """Something like a signature: a tall beginning, humps, and a sweep back under them."""
    dice, x, strokes = random.Random(seed), 900.0, []
    first = [
        (400 + 420 * t + 200 * math.sin(5 * t), 620 - 420 * math.sin(4.2 * t)) for t in _parts(16)
    ]
    strokes.append(first)
    humps: list[tuple[float, float]] = []
    for _ in range(7):
        tall, wide = dice.choice((130, 150, 180, 330)), dice.uniform(150, 240)
        humps += [
            (x + wide * t + 40 * math.sin(6.28 * t), 640 - tall * (0.5 - 0.5 * math.cos(6.28 * t)))
            for t in _parts(9)
        ]
        x += wide
    strokes.append([*humps, (x + 160, 600), (x + 330, 560)])
    strokes.append([(x + 300 - (x - 300) * t, 780 + 50 * math.sin(3 * t)) for t in _parts(10)])
    timed = [
        tuple(round(one) for place, spot in enumerate(stroke) for one in (*spot, place * 12))
        for stroke in strokes
    ]
    return Ink(width=3200, height=1000, strokes=tuple(timed))


def _parts(count: int) -> list[float]:
    return [place / (count - 1) for place in range(count)]


def document(language: Language, purpose: Any = "visit", **changes: Any) -> Document:
    """What was shown; a change of `jobs` and so on leaves the total to follow."""
    zh = language == "zh"

    def of(en: str, cn: str) -> str:
        return cn if zh else en

    bare = Document(
        version=1,
        declaration=1,
        purpose=purpose,
        language=language,
        head=Head(
            name=Named(en="Cloud Brook Equipment Service Co., Ltd.", zh="江州云溪设备服务有限公司"),
            tagline=Named(en="Refrigeration and HVAC service", zh="制冷与暖通设备售后服务"),
            address=Named(
                en="288 Osmanthus Road, Cloud Brook District, Jiangzhou",
                zh="江州市云溪区桂月路288号",
            ),
            phone="0571-8888 0123",
            verify_url="https://service.example.com/verify",
        ),
        technician=of("Zhou Jian", "周健"),
        technician_code="T-0417",
        party=Party(
            customer=of("Riverside International Hotel", "江畔国际酒店管理有限公司"),
            contact=of("Chen Jing, Engineering", "陈静（工程部）"),
            phone="138 **** 5678",
            site=of("Riverside Plaza, Tower B", "江畔广场B座"),
            address=of(
                "701 Fuchun Road, basement 2, chiller room, Jiangzhou",
                "江州市上城区富春路701号地下二层制冷机房",
            ),
        ),
        time_zone="Asia/Shanghai",
        made_at=MADE_AT,
        jobs=(_job(of),),
        guarantee_days=90 if purpose == "visit" else 0,
    )
    if purpose == "quote":
        quoted = SeenQuote(id=ident("quote"), lines=_charges(of))
        bare = structs.replace(bare, jobs=(_about(bare.jobs[0]),), quote=quoted)
    elif purpose != "visit":
        job = structs.replace(_about(bare.jobs[0]), items=(_item(of),))
        bare = structs.replace(bare, jobs=(job,))
    return with_total(structs.replace(bare, **changes))


def with_total(bare: Document) -> Document:
    """The same with what its lines come to."""
    lines = lines_of(bare)
    total = total_of(lines, PRICES, paid_of(bare)) if lines else None
    return structs.replace(bare, sum=total)


def _about(job: SeenJob) -> SeenJob:
    return SeenJob(
        id=job.id,
        number=job.number,
        summary=job.summary,
        service=job.service,
        category=job.category,
        problem=job.problem,
        machine=job.machine,
        visit=job.visit,
    )


def _item(of: Any) -> SeenItem:
    return SeenItem(
        id=ident("item"),
        receipt="TK-7F3A91",
        what=of("Control board PCB-YK-4, revision C", "控制主板 PCB-YK-4（C版）"),
        serial="YK450-2403-00718",
        accessories=of("2 ribbon cables; no memory card", "排线2根；不含存储卡"),
        condition=of("Scorched at terminal X4, one corner chipped", "X4端子处有熏黑，一角磕损"),
        reason=of("Repair at component level on the bench", "需在维修中心测试台上做元件级维修"),
        back_by="2026-11-30",
        estimate=62_000,
    )


def _job(of: Any) -> SeenJob:
    arrived = MADE_AT - 171 * MINUTE
    return SeenJob(
        id=ident("job"),
        number="WO-2026-000123",
        summary=of("Chiller no. 2 trips on high pressure", "2号冷水机组高压跳机"),
        service="repair",
        category="A",
        problem=of(
            "Chiller no. 2 trips on high pressure several times a day since Friday;"
            " rooms on floors 9 to 16 are too warm.",
            "2号冷水机组自周五起每天多次高压跳机；9至16层客房温度偏高，已有住客投诉。",
        ),
        machine=Machine(
            id=ident("machine"),
            name=of("Water-cooled screw chiller", "水冷螺杆式冷水机组"),
            model="YK-450",
            serial="YK450-2403-00718",
            delivered_on="2024-03-18",
        ),
        visit=SeenVisit(
            id=ident("visit"),
            outcome="done",
            remark=of(
                "The oil's acid value stays above the limit. Change oil and oil filter within"
                " 30 days.",
                "冷冻油酸值仍超出标准，请在30天内更换冷冻油和油过滤器。",
            ),
            departed_at=arrived - 38 * MINUTE,
            arrived_at=arrived,
            ended_at=MADE_AT - 12 * MINUTE,
        ),
        report_id=ident("report"),
        diagnosis=of(
            "The high-pressure transducer reads 0.4 MPa too high, so the condenser fans are staged"
            " wrongly; one contactor pole is burnt.",
            "高压压力传感器读数偏高0.4 MPa，导致冷凝风机分级启动错误；接触器一相触点烧蚀。",
        ),
        work_done=of(
            "Replaced the high-pressure transducer and calibrated it against a reference gauge.\n"
            "Replaced the contactor; checked the torque of all power terminals.\n"
            "Evacuated, charged 6.5 kg R134a by weight, ran 40 min at full load.",
            "更换高压压力传感器，并用标准压力表校准。\n更换接触器，复紧全部主回路端子。\n"
            "抽真空后按重量加注R134a 6.5 kg，满负荷运行40分钟。",
        ),
        readings=_readings(),
        parts=_parts_fitted(),
        photos=_photos(of),
        notes=(
            SeenNote(
                id=ident("note"),
                text=of(
                    "Please keep the condenser room door closed.", "请保持冷凝器机房的门关闭。"
                ),
            ),
        ),
        coverage=SeenCoverage(
            id=ident("coverage"),
            category="A",
            basis="none",
            code="warranty_over_delivery",
            params={"until": "2026-03-17", "since": "2024-03-18"},
        ),
        charges=_charges(of),
        payments=(
            SeenPayment(id=ident("payment"), receipt="SK-91C27F", method="qr", amount=100_000),
        ),
    )


def _readings() -> tuple[SeenReading, ...]:
    def one(code: str, name: Named, value: str, **more: Any) -> SeenReading:
        return SeenReading(id=ident(code), item=code, label=name, value=value, **more)

    return (
        one(
            "condensing",
            Named(en="Condensing pressure", zh="冷凝压力"),
            "1.31",
            unit="MPa",
            low=1_050,
            high=1_450,
        ),
        one(
            "superheat",
            Named(en="Suction superheat", zh="吸气过热度"),
            "6.2",
            unit="K",
            low=4_000,
            high=8_000,
        ),
        one(
            "leaving",
            Named(en="Chilled water out", zh="冷冻水出水温度"),
            "7.1",
            unit="℃",
            low=6_500,
            high=7_500,
        ),
        one(
            "acid",
            Named(en="Oil acid value", zh="冷冻油酸值"),
            "0.08",
            unit="mg KOH/g",
            high=50,
            out_of_limits=True,
        ),
        one(
            "insulation",
            Named(en="Insulation, phase to earth", zh="对地绝缘电阻"),
            "185",
            unit="MΩ",
            low=10_000,
        ),
        one("leaks", Named(en="No leaks", zh="无泄漏"), "pass"),
        one(
            "mode",
            Named(en="Operating mode", zh="运行模式"),
            "auto",
            choice=Named(en="Automatic", zh="自动"),
        ),
        one("antifreeze", Named(en="Antifreeze", zh="防冻液"), "", not_applicable=True),
    )


def _parts_fitted() -> tuple[SeenPart, ...]:
    return (
        SeenPart(
            id=ident("part 1"),
            number="P-HPT-30B",
            name=Named(en="Pressure transducer 0–3.0 MPa", zh="高压压力传感器 0–3.0 MPa"),
            amount=1_000,
            unit="piece",
            serial="26-119043",
            old_part="with_customer",
        ),
        SeenPart(
            id=ident("part 2"),
            number="R-134A",
            name=Named(en="Refrigerant R134a", zh="制冷剂 R134a"),
            amount=6_500,
            unit="kilogram",
        ),
    )


def _photos(of: Any) -> tuple[SeenPhoto, ...]:
    captions = (
        of("Condensing pressure too high", "冷凝压力偏高"),
        of("Rating plate", "铭牌与出厂编号"),
        of("Burnt contactor pole, second row", "接触器触点烧蚀（第二排）"),
        of("Back to normal", "压力恢复正常"),
    )
    slots = {0: Named(en="On arrival", zh="到场时"), 3: Named(en="On leaving", zh="离场时")}
    sizes = {2: (480, 640)}
    return tuple(
        SeenPhoto(
            id=ident(f"photo {seed}"),
            sha256=sha256(picture(seed, sizes.get(seed, (640, 480)))).hexdigest(),
            caption=caption,
            slot=slots.get(seed),
            at=MADE_AT - (160 - 40 * seed) * MINUTE,
        )
        for seed, caption in enumerate(captions)
    )


def pictures() -> dict[str, bytes]:
    """The bytes of the photos by their hashes."""
    shots = [picture(0), picture(1), picture(2, (480, 640)), picture(3)]
    return {sha256(one).hexdigest(): one for one in shots}


def _charges(of: Any) -> tuple[SeenCharge, ...]:
    def one(kind: Any, name: Named, amount: int, unit: str, price: int, **more: Any) -> SeenCharge:
        net = net_of(price, amount)
        tax = more.pop("tax", 600)
        return SeenCharge(
            id=ident(name.en),
            kind=kind,
            name=name,
            amount=amount,
            unit=unit,
            price=price,
            tax=tax,
            net=net,
            **more,
        )

    return (
        one("visit", Named(en="Call-out, city", zh="上门费（市区）"), 1_000, "piece", 12_000),
        one("inspection", Named(en="Diagnosis", zh="检测诊断费"), 1_000, "piece", 26_000),
        one("labour", Named(en="Labour", zh="维修工时费"), 2_250, "hour", 18_000),
        one(
            "part",
            Named(en="Pressure transducer 0–3.0 MPa", zh="高压压力传感器 0–3.0 MPa"),
            1_000,
            "piece",
            38_600,
            tax=1_300,
            note="P-HPT-30B · 26-119043",
        ),
        one(
            "part",
            Named(en="Refrigerant R134a", zh="制冷剂 R134a"),
            6_500,
            "kilogram",
            9_200,
            tax=1_300,
            note=of("weighed before and after", "加注前后称重"),
        ),
        one(
            "part",
            Named(en="Compressor contactor 265 A", zh="压缩机接触器 265 A"),
            1_000,
            "piece",
            124_000,
            tax=1_300,
            covered=True,
            note=of("free in the compressor's warranty", "压缩机保修期内免费"),
        ),
        one("discount", Named(en="Loyal customer", zh="老客户优惠"), 1_000, "piece", -5_760),
    )


def signed(language: Language, purpose: Any = "visit", **changes: Any) -> Content:
    """The content of a paper that was signed; changes are those of the sign-off."""
    return sign(document(language, purpose), wanted(language), **changes)


def sign(shown: Document, how: Wanted, **changes: Any) -> Content:
    """Have a document signed."""
    text = write(shown)
    args = TakeArgs(
        purpose=shown.purpose,  # type: ignore[arg-type]
        document=text,
        shown_hash=hash_of(text),
        seal="0" * 64,
        signed_at=MADE_AT + MINUTE,
        signer="Chen Jing" if shown.language == "en" else "陈静",
        signer_role="representative",
        relation="duty engineer" if shown.language == "en" else "值班工程师",
        rating=5,
        ink=hand(3),
        technician_ink=hand(8),
    )
    person = ident("technician")
    given = {"state": "sealed", **changes}
    row = SignOff(
        id=ident("sign-off"),
        work_order_id=shown.jobs[0].id,
        group_id=ident("group"),
        purpose=args.purpose,
        shown_hash=args.shown_hash,
        code=code_of(args.shown_hash),
        seal=seal_of(args, person),
        language=shown.language,
        signer=args.signer,
        signer_role=args.signer_role,
        relation=args.relation,
        rating=args.rating,
        person_id=person,
        signed_at=args.signed_at,
        at=args.signed_at,
        state="sealed",
    )
    kept = SignedDocument(
        id=ident("signed document"),
        work_order_id=row.work_order_id,
        sign_off_id=row.id,
        document=text,
        ink=None if "refusal" in changes else args.ink,
        technician_ink=args.technician_ink,
    )
    return of_signed(structs.replace(row, **given), kept, pictures(), how)


def unsigned(language: Language, purpose: Any = "visit") -> Content:
    """The content of a paper that nobody has signed."""
    return of_unsigned(document(language, purpose), pictures(), wanted(language))
