"""The registry knows every verb and table, and rows travel as the bytes they were written as."""

import json

import msgspec
import pytest
from msgspec import structs

from shared.canonical import digest
from shared.checklist import Checklist
from shared.ids import derive
from shared.ink_claims import claim_id
from shared.kinds import EAGER, LINKS, NUMBERED, REGISTRY, TABLES, read_row, schema, write_row
from shared.ops import Op, decode, encode
from shared.policy import CHOICE
from shared.records import STREAM_PREFIX, Record, State, home, stream_of, table
from shared.registry import Reach
from shared.tag_sets import tag_set_id
from shared.tasks import Task
from shared.visible import LISTED
from shared.work_order import WorkOrder
from tests.proof import INK, signature
from tests.shared.company import (
    ANN,
    ASSET,
    BEN,
    CHECKLIST,
    CUSTOMER,
    FILTER,
    ORDER,
    ROWS,
    SHELF,
    SITE,
    TICKET,
    VAN,
    VISIT,
    stock,
)
from tests.shared.proven import PRICES, document
from tests.shared.test_photos import BYTES

BODY = (
    '{"id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","kind":"note.add","v":1,'
    '"on":["work_order","017f22e2-79b0-7cc3-98c4-dc0c0c07398e"],'
    '"by":"017f22e2-79b0-7cc3-98c4-dc0c0c07398d","origin":"device",'
    '"at":{"wall":1,"boot":"b","mono":2,"src":"boottime"},'
    '"salt":"00112233445566778899aabbccddeeff","args":{"text":"x","audience":"internal"}}'
)


@pytest.mark.parametrize("kind", REGISTRY.kinds.values(), ids=lambda kind: kind.name)
def test_a_kind_is_complete(kind: object) -> None:
    known = REGISTRY.kinds[getattr(kind, "name")]  # noqa: B009
    assert known.version >= 1
    assert known.nouns <= {*TABLES, "op"}
    assert known.cls in {"fact", "status", "edit", "office", "settle"}
    assert known.device == (known.cls not in {"office"})
    assert known.reduce.__doc__


def test_the_schema_tells_a_stranger_every_kind() -> None:
    told = schema()
    assert sorted(told["kinds"]) == sorted(REGISTRY.kinds)
    assert told["kinds"]["parts.use"] == {
        "v": 1,
        "on": ["work_order"],
        "class": "fact",
        "device": True,
        "args": {"$ref": "#/$defs/UseArgs"},
    }
    shape = told["$defs"]["UseArgs"]
    assert shape["additionalProperties"] is False
    assert sorted(shape["required"]) == ["location", "part", "quantity"]
    assert schema() == told


def test_arguments_from_the_future_are_not_read() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        REGISTRY.args("work_order.accept", b'{"mood":"good"}')


@pytest.mark.parametrize("row", ROWS, ids=[table(type(row)) for row in ROWS])
def test_a_row_comes_back_as_it_was_sent(row: Record) -> None:
    assert read_row(table(type(row)), write_row(row)) == row


def test_a_row_with_a_field_from_the_future_is_still_read() -> None:
    more = write_row(FILTER)[:-1] + b',"colour":"blue"}'
    assert read_row("part", more) == FILTER


def test_an_op_is_written_as_it_is_fingerprinted() -> None:
    assert encode(decode(BODY)) == BODY
    with pytest.raises(msgspec.ValidationError):
        decode(BODY.replace('"v":1', '"v":1,"mood":"good"'))
    assert isinstance(decode(BODY), Op)


def test_every_table_is_found_by_its_name() -> None:
    assert {table(kind) for kind in TABLES.values()} == TABLES.keys()
    assert table(WorkOrder) == "work_order"
    assert EAGER.keys() <= TABLES.keys()
    assert LINKS.keys() | NUMBERED.keys() <= TABLES.keys()
    for kind, fields in LINKS.values():
        assert set(fields) <= set(kind.__struct_fields__)


def test_every_row_says_where_it_lives() -> None:
    task = Task(id="t", home_noun="location", home_id=VAN.id, code="recount", op_id="o", at=1)
    homes = {
        "catalog": FILTER,
        f"ticket:{TICKET.id}": TICKET,
        f"wo:{ORDER.id}": VISIT,
        f"customer:{CUSTOMER.id}": CUSTOMER,
        f"site:{SITE.id}": ASSET,
        f"stock:{VAN.id}": task,
    }
    told = {}
    for row in homes.values():
        place = home(row)
        assert place is not None
        told[stream_of(place)] = row
    assert told == homes
    assert home(Record(id="x")) is None
    assert stream_of(("person", BEN.id)) == f"tech:{BEN.id}"
    for kind in TABLES.values():
        noun = kind.home[0]
        assert noun in {"", "*"} or noun in STREAM_PREFIX


def test_a_state_lists_the_rows_of_one_type_by_id() -> None:
    second = structs.replace(ORDER, id=derive("second"))
    rows = State([second, VISIT, ORDER])
    assert list(rows.all(WorkOrder)) == sorted([ORDER, second], key=lambda one: one.id)
    rows.remove(second)
    assert list(rows.all(WorkOrder)) == [ORDER]
    assert list(rows.all(Task)) == []


def test_a_state_counts_the_changes_of_a_row_once() -> None:
    state = State([structs.replace(ORDER, version=3)])
    assert state.find(WorkOrder, None) is None
    assert state.put(structs.replace(ORDER, status="accepted")).version == 4
    assert state.put(structs.replace(ORDER, status="working")).version == 4
    found = state.find(WorkOrder, ORDER.id)
    assert found == structs.replace(ORDER, status="working", version=4)
    assert list(state.changed.values()) == [found]
    assert state.put(structs.replace(ORDER, id=derive("new"))).version == 1


def test_a_row_that_was_taken_away_is_found_no_more_until_it_is_put_back() -> None:
    state = State([VISIT])
    assert list(state.of(type(VISIT), ORDER.id)) == [VISIT]
    state.remove(VISIT)
    assert list(state.of(type(VISIT), ORDER.id)) == []
    assert list(state.deleted.values()) == [VISIT]
    state.put(VISIT)
    assert (len(state.deleted), len(state.changed)) == (0, 1)


STROKES = digest(list(INK.strokes))


def reach(kind: str, args: str, on: tuple[str, str], **links: str | None) -> tuple[object, object]:
    known = REGISTRY.kinds[kind]
    asked = Reach(on=on, args=REGISTRY.args(kind, args.encode()), links=links)
    return tuple(known.touches(asked)), [(one[0].__name__, one[1]) for one in known.refs(asked)]


ON = ("work_order", ORDER.id)
OF_JOB = f"work_order_id={ORDER.id}"
A, B, C = derive("a"), derive("b"), derive("c")
OF_THE_JOBS = [(kind.__name__, f"work_order_id={job}") for job in (ORDER.id, A) for kind in LISTED]


@pytest.mark.parametrize(
    ("kind", "args", "on", "links", "touches", "refs"),
    [
        ("work_order.accept", "{}", ON, {}, (), []),
        ("work_order.arrive", "{}", ON, {"ticket_id": A}, (("ticket", A),), []),
        ("work_order.arrive", "{}", ON, {}, (), []),
        (
            "work_order.complete",
            '{"outcome":"done"}',
            ON,
            {"ticket_id": A, "checklist_id": B},
            (("ticket", A),),
            [("Checklist", B), ("Photo", f"work_order_id={ORDER.id}")],
        ),
        (
            "checklist.answer",
            '{"item":"leaks","value":"pass"}',
            ON,
            {"checklist_id": None},
            (),
            [],
        ),
        (
            "parts.use",
            f'{{"part":"{A}","location":"{B}","quantity":"1","serial":"S1"}}',
            ON,
            {},
            (("location", B),),
            [
                ("Part", A),
                ("Location", B),
                ("Balance", derive("balance", B, A)),
                ("Task", derive(derive("balance", B, A), "recount")),
                ("SerialClaim", derive("serial", A, "S1")),
            ],
        ),
        (
            "stock.receive",
            f'{{"part":"{A}","quantity":"1"}}',
            ("location", B),
            {},
            (),
            [("Part", A), ("Location", B), ("Balance", derive("balance", B, A))],
        ),
        (
            "parts.return",
            f'{{"use":"{A}"}}',
            ON,
            {"location_id": B, "part_id": C, "serial": "S1"},
            (("location", B),),
            [
                ("PartUse", A),
                ("Balance", derive("balance", B, C)),
                ("SerialClaim", derive("serial", C, "S1")),
            ],
        ),
        ("parts.return", f'{{"use":"{A}"}}', ON, {}, (), [("PartUse", A)]),
        (
            "photo.add",
            json.dumps({**BYTES, "audience": "internal"}),
            ON,
            {},
            (),
            [("Photo", f"work_order_id={ORDER.id}")],
        ),
        ("photo.arrive", f'{{"photo":"{A}"}}', ON, {}, (), [("Photo", A)]),
        (
            "sign_off.take",
            msgspec.json.encode(signature(document(), ANN.id, also=(A,))).decode(),
            ON,
            {"checklist_id": B, "customer_id": C},
            (("work_order", A), ("ink", STROKES)),
            [
                *(*OF_THE_JOBS, ("Checklist", B), ("PriceList", PRICES.id)),
                *(("Customer", C), ("InkClaim", claim_id(STROKES))),
            ],
        ),
        (
            "sign_off.take",
            msgspec.json.encode(signature("no document", ANN.id, also=(A,), ink=None)).decode(),
            ON,
            {},
            (("work_order", A),),
            OF_THE_JOBS,
        ),
        (
            "sign_off.check",
            f'{{"sign_off":"{C}","also":["{A}"],"price_list":"{B}"}}',
            ON,
            {},
            (("work_order", A),),
            [
                ("SignedDocument", f"work_order_id={ORDER.id}"),
                *OF_THE_JOBS,
                ("PriceList", B),
            ],
        ),
        ("parts.unplan", f'{{"planned":"{A}"}}', ON, {}, (), [("PlannedPart", A)]),
        ("charge.decide", '{"category":"A","basis":"none","code":"damage"}', ON, {}, (), []),
        (
            "charge.add",
            f'{{"price_list":"{A}","line":{{"kind":"part","quantity":"1","use":"{B}"}}}}',
            ON,
            {},
            (),
            [("PriceList", A), ("PartUse", B), ("Charge", OF_JOB), ("Quote", OF_JOB)],
        ),
        (
            "charge.add",
            f'{{"price_list":"{A}","line":{{"kind":"visit","quantity":"1","item":"x"}}}}',
            ON,
            {},
            (),
            [("PriceList", A), ("Charge", OF_JOB), ("Quote", OF_JOB)],
        ),
        ("charge.drop", f'{{"charge":"{A}"}}', ON, {}, (), [("Charge", A)]),
        (
            "quote.make",
            f'{{"price_list":"{A}","lines":[{{"kind":"part","quantity":"1","use":"{B}"}},'
            '{"kind":"visit","quantity":"1"}]}',
            ON,
            {},
            (),
            [("PriceList", A), ("PartUse", B)],
        ),
        ("quote.decline", f'{{"quote":"{A}","reason":"x"}}', ON, {}, (), [("Quote", A)]),
        (
            "payment.take",
            f'{{"price_list":"{A}","method":"cash","amount":1,"currency":"CNY","photo":"{B}"}}',
            ON,
            {},
            (),
            [
                *(("PriceList", A), ("Photo", B)),
                *(("Charge", OF_JOB), ("Payment", OF_JOB), ("Quote", OF_JOB)),
            ],
        ),
        ("payment.void", f'{{"payment":"{A}","reason":"x"}}', ON, {}, (), [("Payment", A)]),
        ("payment.hand_over", f'{{"payment":"{A}"}}', ON, {}, (), [("Payment", A)]),
        (
            "invoice.ask",
            f'{{"price_list":"{A}","type":"plain","title":"x","delivery":"paper"}}',
            ON,
            {},
            (),
            [("PriceList", A), ("Charge", OF_JOB)],
        ),
        (
            "invoice.issue",
            f'{{"request":"{A}","number":"1"}}',
            ON,
            {},
            (),
            [("InvoiceRequest", A), ("Charge", OF_JOB)],
        ),
        (
            "invoice.reverse",
            f'{{"request":"{A}","reason":"x"}}',
            ON,
            {},
            (),
            [("InvoiceRequest", A)],
        ),
        (
            "item.take",
            f'{{"what":"x","reason":"y","asset":"{A}"}}',
            ON,
            {"ticket_id": B},
            (("ticket", B),),
            [("Asset", A)],
        ),
        ("item.take", '{"what":"x","reason":"y"}', ON, {}, (), []),
        (
            "item.hand_in",
            f'{{"item":"{A}"}}',
            ON,
            {"ticket_id": B},
            (("ticket", B),),
            [("TakenItem", A)],
        ),
        ("parts.order", '{"text":"x","quantity":"1"}', ON, {}, (), []),
        ("parts.supply", f'{{"ordered":"{A}"}}', ON, {}, (), [("OrderedPart", A)]),
        (
            "stock.move",
            f'{{"part":"{A}","quantity":"1","to":"{C}"}}',
            ("location", B),
            {},
            (("location", C),),
            [
                ("Part", A),
                ("Location", B),
                ("Balance", derive("balance", B, A)),
                ("Task", derive(derive("balance", B, A), "recount")),
                ("Location", C),
                ("Balance", derive("balance", C, A)),
            ],
        ),
        (
            "task.close",
            "{}",
            ("task", A),
            {"home_noun": "location", "home_id": B},
            (("location", B),),
            [("Task", A)],
        ),
        ("task.close", "{}", ("task", A), {}, (), [("Task", A)]),
        (
            "customer.add",
            '{"name":"x","type":"person","phone":"138 1"}',
            ("customer", A),
            {},
            (),
            [("Customer", "phone=138 1"), ("Customer", "phone=1381")],
        ),
        (
            "customer.add",
            '{"name":"x","type":"person","phone":"13800138000"}',
            ("customer", A),
            {},
            (),
            [
                ("Customer", "phone=138 0013 8000"),
                ("Customer", "phone=138-0013-8000"),
                ("Customer", "phone=13800138000"),
            ],
        ),
        ("customer.add", '{"name":"x","type":"person"}', ("customer", A), {}, (), []),
        (
            "customer.add",
            '{"name":"x","type":"person","tier":"key"}',
            ("customer", A),
            {},
            (),
            [("TagSet", tag_set_id("tiers"))],
        ),
        (
            "customer.classify",
            '{"tier":"key"}',
            ("customer", A),
            {},
            (),
            [("TagSet", tag_set_id("tiers"))],
        ),
        (
            "site.add",
            f'{{"customer":"{A}","address":"x","time_zone":"UTC"}}',
            ("site", B),
            {},
            (),
            [("Customer", A), ("Site", f"customer_id={A}")],
        ),
        (
            "asset.add",
            f'{{"site":"{A}","model":"x","serial":" S1 "}}',
            ("asset", B),
            {},
            (("site", A),),
            [("Site", A), ("Asset", "serial=S1")],
        ),
        (
            "asset.correct",
            '{"model":"x","serial":" S1 "}',
            ("asset", B),
            {"site_id": A},
            (("site", A),),
            [("Asset", B), ("Asset", "serial=S1")],
        ),
        ("asset.correct", '{"model":"x"}', ("asset", B), {}, (), [("Asset", B)]),
        (
            "contract.add",
            f'{{"customer":"{A}","site":"{B}","number":"x","valid_from":"2026-01-01",'
            '"valid_to":"2026-12-31","covers":["visit"]}',
            ("contract", C),
            {},
            (("customer", A),),
            [("Customer", A), ("Site", B), ("Contract", f"customer_id={A}")],
        ),
        (
            "contract.end",
            '{"last_day":"2026-06-30"}',
            ("contract", C),
            {"customer_id": A},
            (("customer", A),),
            [("Contract", C)],
        ),
        ("contract.end", '{"last_day":"2026-06-30"}', ("contract", C), {}, (), [("Contract", C)]),
        (
            "ticket.open",
            f'{{"customer":"{A}","site":"{B}","asset":"{C}","problem":"x","channel":"phone",'
            '"priority":"low"}',
            ("ticket", derive("t")),
            {},
            (),
            [
                *(("Customer", A), ("Site", B), ("Asset", C)),
                *(("PolicyChoice", CHOICE), ("Contract", f"customer_id={A}")),
            ],
        ),
        (
            "work_order.create",
            f'{{"ticket":"{A}","summary":"x","category":"A","service":"repair",'
            f'"priority":"low","asset":"{B}","checklist":"{C}"}}',
            ON,
            {},
            (("ticket", A),),
            [("Asset", B), ("Checklist", C)],
        ),
        ("work_order.reassign", f'{{"person":"{A}"}}', ON, {}, (), [("Person", A)]),
        (
            "edit",
            f'{{"fields":{{}},"work_order":"{A}"}}',
            ("site", B),
            {},
            (("work_order", A),),
            [],
        ),
        ("edit", '{"fields":{}}', ON, {}, (), []),
        (
            "master.put",
            f'{{"row":{{"customer_id":"{A}"}}}}',
            ("site", B),
            {},
            (("site", B),),
            [("Site", B), ("Customer", A)],
        ),
        (
            "master.put",
            f'{{"row":{{"site_id":"{A}"}}}}',
            ("asset", B),
            {},
            (("site", A),),
            [("Asset", B), ("Site", A)],
        ),
        ("master.put", '{"row":{}}', ("part", B), {}, (("catalog", "catalog"),), [("Part", B)]),
    ],
)
def test_an_op_says_beforehand_what_it_needs(
    kind: str,
    args: str,
    on: tuple[str, str],
    links: dict[str, str | None],
    touches: object,
    refs: object,
) -> None:
    assert reach(kind, args, on, **links) == (touches, refs)


def test_a_balance_lives_with_its_place() -> None:
    assert home(stock(FILTER, 1, SHELF)) == ("location", SHELF.id)
    assert home(CHECKLIST) == ("catalog", "catalog")


def test_what_is_still_asked_for_on_the_other_jobs_of_a_signature_is_loaded_as_well() -> None:
    args = signature(document(), ANN.id, also=(A, C))
    asked = Reach(on=ON, args=args, links={}, others=({"checklist_id": B}, {"checklist_id": None}))
    refs = list(REGISTRY.kinds["sign_off.take"].refs(asked))
    assert [one for one in refs if one[0] is Checklist] == [(Checklist, B)]
