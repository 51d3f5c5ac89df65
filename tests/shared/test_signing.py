"""A signature is kept whatever the books say of it, and what they say of it is told."""

from typing import Any

import msgspec
import pytest
from msgspec import structs

from shared.charges import Quote
from shared.comparing import listed_ids
from shared.document import MOMENT_MAX, Document, Machine, hash_of, write
from shared.errors import REFUSED_ON_DEVICE
from shared.records import Record, State
from shared.registry import Act, Emit, Outcome
from shared.seal import seal_of
from shared.sign_off import SignedDocument, SignOff, TakeArgs
from shared.signing import sign_off_id
from shared.take_away import TakenItem
from shared.tasks import Task
from tests.proof import DOT, EMPTY, INK, SIGNED_AT, said, signature
from tests.shared.company import (
    ANN,
    BEN,
    LEAD,
    NOW,
    ORDER,
    ROWS,
    VISIT,
    act,
    done,
    flags,
    ident,
    land,
    only,
    refusal,
    refused,
)
from tests.shared.proven import (
    ADVICE,
    BOOKS,
    DONE,
    HERE,
    LABOUR,
    PLATE,
    PUMP,
    QUOTED,
    VISIT_FEE,
    books,
    document,
)
from tests.shared.test_photos import BYTES


def take(args: TakeArgs, **more: Any) -> Act:
    return act("sign_off.take", said(args), **more)


def signed(known: State, made: Document | str | None = None, **changes: Any) -> Outcome:
    """What comes of a signature under a document, by default that of the visit."""
    args = signature(made if made is not None else document(), ANN.id, **changes)
    return done(known, take(args))


def seal_in(outcome: Outcome) -> SignOff:
    return only(outcome, SignOff)


def with_a_machine_of(day: str) -> Document:
    """The document of the visit, its machine delivered on a day."""
    first, *others = document().jobs
    machine = Machine(id=ident("machine"), name="Pump", delivered_on=day)
    return structs.replace(document(), jobs=(structs.replace(first, machine=machine), *others))


def codes(outcome: Outcome) -> list[str]:
    """The codes of the tasks that an outcome opens."""
    return [row.code for row in outcome.rows if isinstance(row, Task) and not row.done]


def test_a_signature_is_kept_with_all_that_was_shown() -> None:
    made = document()
    text = write(made)
    args = signature(made, ANN.id, relation=" 女儿 ", signer_role="family", rating=4)
    outcome = done(books(), take(args))
    found = seal_in(outcome)
    assert structs.asdict(found) == {
        "id": sign_off_id(ident("op"), ORDER.id),
        "version": None,
        "work_order_id": ORDER.id,
        "visit_id": VISIT.id,
        "group_id": ident("op"),
        "purpose": "visit",
        "subject_id": None,
        "shown_hash": hash_of(text),
        "code": f"{hash_of(text)[:4].upper()}-{hash_of(text)[4:8].upper()}",
        "seal": args.seal,
        "state": "sealed",
        "faults": (),
        "listed": listed_ids(made.jobs[0]),
        "language": "zh",
        "signer": "陈美玲",
        "signer_role": "family",
        "relation": "女儿",
        "rating": 4,
        "refusal": "",
        "total": 27_560,
        "currency": "CNY",
        "outcome": "done",
        "person_id": ANN.id,
        "signed_at": SIGNED_AT,
        "at": NOW + 1000,
    }
    kept = only(outcome, SignedDocument)
    assert (kept.document, kept.ink, kept.technician_ink, kept.app) == (text, INK, INK, "test")
    assert (kept.sign_off_id, kept.work_order_id) == (found.id, ORDER.id)
    (told,) = outcome.emits
    assert (told.on, told.args["events"]) == (("ticket", ORDER.ticket_id), "signed")
    assert (flags(outcome), codes(outcome)) == ([], [])


def to_jobs(outcome: Outcome) -> list[Emit]:
    """What a signature causes on other jobs."""
    return [one for one in outcome.emits if one.on[0] == "work_order"]


# What is refused


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"signer": ""}, "missing_field", "args.signer"),
        ({"signer": " \u200b"}, "not_text", "args.signer"),
        ({"relation": "\u200b"}, "not_text", "args.relation"),
        ({"refusal": " "}, "not_text", "args.refusal"),
        ({"purpose": "quote"}, "missing_field", "args.subject"),
        ({"purpose": "quote", "subject": QUOTED.id}, "wrong_value", "args.purpose"),
        ({"subject": QUOTED.id}, "wrong_value", "args.subject"),
        ({"ink": structs.replace(INK, strokes=((1, 2),))}, "wrong_value", "args.ink"),
        (
            {"technician_ink": structs.replace(INK, strokes=((1,) * 9_003,))},
            "out_of_range",
            "args.technician_ink",
        ),
        ({"also": (ORDER.id,)}, "unknown_subject", "args.also"),
        ({"also": (ident("nothing"),)}, "unknown_subject", "args.also"),
    ],
)
def test_what_cannot_be_a_signature_is_refused(
    changes: dict[str, Any], code: str, field: str
) -> None:
    assert refusal(books(), take(signature(document(), ANN.id, **changes))) == (code, field)


def test_nobody_signs_for_a_job_that_is_not_there() -> None:
    args = signature(document(), ANN.id)
    assert refusal(books(without=DONE), take(args)) == ("unknown_subject", "on")


def test_nobody_signs_for_a_job_they_never_had() -> None:
    other = structs.replace(DONE, id=ident("other order"))
    args = signature(document(), ANN.id, also=(other.id,))
    assert refused(books(other), take(args)).code == "not_assigned"


@pytest.mark.parametrize("field", ["signer", "relation", "refusal", "app"])
def test_a_name_as_long_as_a_letter_is_refused_with_its_field(field: str) -> None:
    args = said(signature(document(), ANN.id))
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{field}"):
        act("sign_off.take", {**args, field: "陈" * 2_000})


# What is flagged, and refused on the phone


@pytest.mark.parametrize("ink", [None, EMPTY, DOT], ids=["none", "empty", "a dot"])
def test_no_ink_is_told_unless_there_is_a_reason(ink: Any) -> None:
    assert flags(signed(books(), ink=ink)) == ["no_ink"]
    assert "no_ink" in REFUSED_ON_DEVICE
    refused_to = signed(books(), ink=ink, refusal="对价格不满意", signer="")
    assert flags(refused_to) == []
    assert seal_in(refused_to).refusal == "对价格不满意"


def test_a_signature_without_arrival_is_told() -> None:
    """S3."""
    absent = structs.replace(HERE, attendance=())
    outcome = signed(books(absent), document(books(absent)))
    assert flags(outcome) == ["not_arrived"]
    lost = signed(books(without=HERE))
    assert "not_arrived" in flags(lost)


def test_a_signature_with_required_answers_open_is_told() -> None:
    known = books(without=PLATE)
    (flag,) = signed(known, document(known)).flags
    assert (flag.code, flag.params) == ("incomplete", {"items": "plate"})


def test_a_visit_that_ended_otherwise_needs_no_answers() -> None:
    known = books(structs.replace(HERE, outcome="waits_for_part"), without=PLATE)
    assert flags(signed(known, document(known))) == []


def test_a_visit_whose_end_is_still_open_needs_them() -> None:
    known = books(structs.replace(HERE, outcome=None, ended_at=None), without=PLATE)
    assert flags(signed(known, document(known))) == ["incomplete"]


def test_a_quote_needs_no_answers() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    outcome = signed(books(without=PLATE), made, subject=QUOTED.id)
    assert flags(outcome) == []


def test_a_signature_after_all_is_over_is_told() -> None:
    known = books(structs.replace(DONE, status="handed_in"))
    assert flags(signed(known)) == ["late"]


# What the books say


def test_a_listed_fact_that_is_not_there_yet_is_waited_for() -> None:
    outcome = signed(books(without=ADVICE))
    assert (seal_in(outcome).state, seal_in(outcome).faults) == ("pending", (ADVICE.id,))
    assert (flags(outcome), codes(outcome)) == ([], [])


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (ADVICE, {"text": "x"}),
        (PLATE, {"caption": "x"}),
        (LABOUR, {"net": 1}),
        (VISIT_FEE, {"dropped_at": NOW}),
    ],
    ids=["note", "caption", "net", "dropped"],
)
def test_a_fact_that_the_office_changed_meanwhile_diverges(
    row: Record, changes: dict[str, Any]
) -> None:
    outcome = signed(books(structs.replace(row, **changes)))
    assert (seal_in(outcome).state, seal_in(outcome).faults) == ("diverged", (row.id,))
    assert (flags(outcome), codes(outcome)) == (["seal_diverged"], ["seal_diverged"])
    assert only(outcome, Task).params == {"code": seal_in(outcome).code}


def edited_after_hashing(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, document=args.document.replace("半年后", "一年后"))


def with_another_hash(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, shown_hash="0" * 64)


def with_other_ink(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, ink=structs.replace(INK, width=INK.width + 1))


def with_another_name(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, signer="李四")


def with_another_seal(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, seal="0" * 64)


def with_nothing_to_read(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, document='{"version":1}')


def with_another_total(args: TakeArgs) -> TakeArgs:
    made = msgspec.json.decode(args.document, type=Document)
    assert made.sum is not None
    false = structs.replace(made, sum=structs.replace(made.sum, total=1))
    return signature(false, ANN.id)


def with_a_false_price(args: TakeArgs) -> TakeArgs:
    """A line with another net, and the total that goes with it."""
    known = books(structs.replace(LABOUR, net=1))
    return signature(document(known), ANN.id)


def taken_by_another(args: TakeArgs) -> TakeArgs:
    return structs.replace(args, seal=seal_of(args, BEN.id))


@pytest.mark.parametrize(
    ("tamper", "faults", "told"),
    [
        (edited_after_hashing, ("shown_hash", ADVICE.id), ["seal_broken", "seal_diverged"]),
        (with_another_hash, ("shown_hash", "seal"), ["seal_broken", "seal_diverged"]),
        (with_other_ink, ("seal",), ["seal_broken", "seal_diverged"]),
        (with_another_name, ("seal",), ["seal_broken", "seal_diverged"]),
        (with_another_seal, ("seal",), ["seal_broken", "seal_diverged"]),
        (taken_by_another, ("seal",), ["seal_broken", "seal_diverged"]),
        (with_another_total, ("sum",), ["seal_diverged", "unsigned_addition"]),
        (with_a_false_price, (LABOUR.id,), ["seal_diverged"]),
    ],
)
def test_what_was_tampered_with_is_kept_and_told(
    tamper: Any, faults: tuple[str, ...], told: list[str]
) -> None:
    """S3."""
    outcome = done(books(), take(tamper(signature(document(), ANN.id))))
    found = seal_in(outcome)
    assert (found.state, found.faults) == ("diverged", faults)
    assert [code for code in flags(outcome) if code != "unsigned_addition"] == [
        code for code in told if code != "unsigned_addition"
    ]
    assert "seal_diverged" in codes(outcome)
    assert only(outcome, SignedDocument).ink is not None


def test_a_document_that_cannot_be_read_is_kept_as_it_is() -> None:
    outcome = done(books(), take(with_nothing_to_read(signature(document(), ANN.id))))
    found = seal_in(outcome)
    assert (found.state, found.faults) == ("diverged", ("document", "shown_hash"))
    assert (found.total, found.listed, found.visit_id, found.language) == (None, (), None, "")
    assert only(outcome, SignedDocument).document == '{"version":1}'


# What was not signed


def test_what_a_document_does_not_list_is_told_with_one_task() -> None:
    late = structs.replace(ADVICE, id=ident("late note"))
    outcome = signed(books(late))
    assert (flags(outcome), codes(outcome)) == (["unsigned_addition"], ["unsigned_addition"])
    assert seal_in(outcome).state == "sealed"


def test_the_next_signature_that_lists_it_closes_the_task() -> None:
    late = structs.replace(ADVICE, id=ident("late note"))
    known = books(late)
    land(known, signed(known))
    (task,) = known.all(Task)
    assert not task.done
    again = done(known, take(signature(document(known), ANN.id), op="again"))
    (closed,) = [row for row in again.rows if isinstance(row, Task)]
    assert (closed.id, closed.done, closed.closed_by) == (task.id, True, ANN.id)
    assert flags(again) == []


def test_a_new_signature_stands_beside_the_old_one() -> None:
    known = books()
    land(known, signed(known))
    land(known, done(known, take(signature(document(known), ANN.id), op="again")), op="again")
    assert len(list(known.of(SignOff, ORDER.id))) == 2
    assert len(list(known.of(SignedDocument, ORDER.id))) == 2


# Quotes, and items on their way


def test_a_quote_is_agreed_to_in_ink() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    declined = structs.replace(QUOTED, declined_at=NOW, decline_reason="too dear")
    for before in (QUOTED, declined):
        outcome = signed(books(before), made, subject=QUOTED.id)
        agreed = only(outcome, Quote)
        assert (agreed.agreed_at, agreed.sign_off_id) == (NOW + 1000, seal_in(outcome).id)
        assert (agreed.declined_at, agreed.decline_reason) == (None, "")


def test_who_refuses_to_sign_a_quote_has_declined_it() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    outcome = signed(books(), made, subject=QUOTED.id, refusal=" 太贵 ")
    expected = {"declined_at": NOW + 1000, "decline_reason": "太贵"}
    answered = structs.replace(QUOTED, version=1, **expected, sign_off_id=seal_in(outcome).id)
    assert only(outcome, Quote) == answered


def test_a_quote_that_was_agreed_to_stays_so_whoever_refuses_it_afterwards() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    agreed = structs.replace(QUOTED, agreed_at=NOW, sign_off_id=ident("ink"))
    outcome = signed(books(agreed), made, subject=QUOTED.id, refusal="太贵")
    assert [row for row in outcome.rows if isinstance(row, Quote)] == []


def test_what_was_declined_already_keeps_its_first_reason() -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    declined = structs.replace(QUOTED, declined_at=NOW, decline_reason="too dear")
    outcome = signed(books(declined), made, subject=QUOTED.id, refusal="太贵")
    assert [row for row in outcome.rows if isinstance(row, Quote)] == []


def test_a_quote_that_only_this_phone_has_yet_is_agreed_to_there() -> None:
    offline = State([*ROWS, *BOOKS])  # none of them has a version of the server's
    outcome = signed(offline, document(purpose="quote", subject=QUOTED.id), subject=QUOTED.id)
    assert seal_in(outcome).state == "pending"
    assert QUOTED.id in seal_in(outcome).faults
    assert only(outcome, Quote).agreed_at == NOW + 1000


@pytest.mark.parametrize("shown", ["other lines", "nothing"])
def test_nobody_agrees_to_a_quote_that_they_were_not_shown(shown: str) -> None:
    made = document(purpose="quote", subject=QUOTED.id)
    assert made.quote is not None
    cheaper = structs.replace(made.quote, lines=made.quote.lines[:-1])
    text = write(structs.replace(made, quote=cheaper)) if shown == "other lines" else "{}"
    outcome = signed(books(), text, purpose="quote", subject=QUOTED.id)
    refused_to = signed(books(), text, purpose="quote", subject=QUOTED.id, refusal="太贵")
    assert seal_in(outcome).state == "diverged"
    for one in (outcome, refused_to):
        assert [row for row in one.rows if isinstance(row, Quote)] == []


def test_an_item_is_taken_away_and_given_back_with_a_signature() -> None:
    outcome = signed(books(), document(purpose="take_away", subject=PUMP.id), subject=PUMP.id)
    taken = only(outcome, TakenItem)
    assert (taken.sign_off_id, taken.state) == (seal_in(outcome).id, "taken")
    back = signed(books(), document(purpose="item_return", subject=PUMP.id), subject=PUMP.id)
    returned = only(back, TakenItem)
    assert (returned.state, returned.returned_at, returned.returned_by) == (
        *("returned", NOW + 1000),
        ANN.id,
    )
    assert returned.return_sign_off_id == seal_in(back).id


def test_an_item_may_be_given_back_where_nobody_has_arrived() -> None:
    known = books(structs.replace(HERE, attendance=()))
    made = document(known, purpose="item_return", subject=PUMP.id)
    assert flags(signed(known, made, subject=PUMP.id)) == []
    taken = document(known, purpose="take_away", subject=PUMP.id)
    assert flags(signed(known, taken, subject=PUMP.id)) == ["not_arrived"]


@pytest.mark.parametrize("purpose", ["quote", "take_away"])
def test_what_is_signed_for_may_come_later_than_its_signature(purpose: str) -> None:
    subject = QUOTED if purpose == "quote" else PUMP
    made = document(purpose=purpose, subject=subject.id)
    outcome = signed(books(without=subject), made, subject=subject.id)
    assert (seal_in(outcome).state, seal_in(outcome).faults) == ("pending", (subject.id,))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"total": 27_560}, []),
        ({"total": 27_559}, ["over_quote"]),
        ({"total": 27_560, "price_list_id": ident("older prices")}, ["other_prices"]),
        ({"total": 1, "price_list_id": ident("older")}, ["over_quote", "other_prices"]),
        ({"total": 1, "agreed_at": None}, []),
    ],
)
def test_more_than_was_agreed_and_other_prices_are_told(
    changes: dict[str, Any], told: list[str]
) -> None:
    agreed = structs.replace(QUOTED, **{"agreed_at": NOW, **changes})
    assert flags(signed(books(agreed))) == told


# Several jobs, one signature

OTHER = structs.replace(DONE, id=ident("other order"), number="WO-26-000008", checklist_id=None)
OTHERS_VISIT: dict[str, Any] = {"id": ident("other visit"), "work_order_id": OTHER.id}
THEIRS: tuple[Record, ...] = (
    OTHER,
    structs.replace(LEAD, id=ident("other lead"), work_order_id=OTHER.id),
    structs.replace(HERE, **OTHERS_VISIT),
    structs.replace(
        ADVICE, id=ident("other note"), work_order_id=OTHER.id, visit_id=ident("other visit")
    ),
)


def test_every_job_of_a_signature_has_a_sign_off_of_the_same_group() -> None:
    known = books(*THEIRS)
    made = document(known, jobs=(ORDER.id, OTHER.id))
    outcome = signed(known, made)
    land(known, outcome)
    mine, theirs = seal_in(outcome), known.find(SignOff, sign_off_id(ident("op"), OTHER.id))
    assert theirs is not None
    assert (theirs.work_order_id, theirs.visit_id) == (OTHER.id, ident("other visit"))
    assert theirs.listed == (ident("other note"),)
    shared = ("group_id", "shown_hash", "seal", "state", "signer", "total", "code", "purpose")
    assert [getattr(theirs, name) for name in shared] == [getattr(mine, name) for name in shared]
    assert (flags(outcome), list(known.all(Task))) == ([], [])


def test_each_job_of_a_signature_is_signed_for_as_it_ended() -> None:
    known = books(*THEIRS, structs.replace(HERE, **{**OTHERS_VISIT, "outcome": "waits_for_part"}))
    land(known, signed(known, document(known, jobs=(ORDER.id, OTHER.id))))
    ended = {one.work_order_id: one.outcome for one in known.all(SignOff)}
    assert ended == {ORDER.id: "done", OTHER.id: "waits_for_part"}


def test_what_another_job_of_the_signature_does_not_list_is_told_there() -> None:
    known = books(*THEIRS, structs.replace(THEIRS[3], id=ident("later note")))
    made = document(books(*THEIRS), jobs=(ORDER.id, OTHER.id))
    landing, _ = land(known, signed(known, made))
    assert flags(landing) == ["unsigned_addition"]
    assert [task.home_id for task in known.all(Task)] == [OTHER.id]


def test_a_job_that_the_document_does_not_show_is_not_signed_for() -> None:
    outcome = signed(books(*THEIRS), also=(OTHER.id,))
    assert to_jobs(outcome) == []


def test_a_document_of_another_job_is_no_signature_for_this_one() -> None:
    made = document(books(*THEIRS), jobs=(OTHER.id,))
    outcome = signed(books(*THEIRS), made, also=(OTHER.id,))
    found = seal_in(outcome)
    assert (found.work_order_id, found.state) == (ORDER.id, "diverged")
    assert (found.faults, found.total, found.listed) == (("document",), None, ())
    assert to_jobs(outcome) == []


def test_a_job_that_is_shown_and_not_named_is_compared_all_the_same() -> None:
    made = document(books(*THEIRS), jobs=(ORDER.id, OTHER.id))
    outcome = signed(books(), made, also=())
    assert to_jobs(outcome) == []
    assert set(seal_in(outcome).faults) >= {OTHER.id, ident("other note")}


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[1]",
        "no json",
        write(document()).replace('"version":1', '"version":1,"zest":"hidden"'),
        write(document()).replace('"version":1', '"version": 1'),
        write(document()).replace(f'"made_at":{NOW + 1000}', f'"made_at":{2**60}'),
        write(document()).replace(f'"made_at":{NOW + 1000}', f'"made_at":{MOMENT_MAX + 1}'),
        write(structs.replace(document(), jobs=())),
        write(with_a_machine_of("soon")),
        write(with_a_machine_of("2026-02-30")),
        "[" * 80_000,
    ],
    ids=[
        *("empty", "a list", "no JSON", "a field nobody shows", "a space", "a huge number"),
        *("no moment", "no job", "no day", "a day of no calendar", "a pit"),
    ],
)
def test_a_text_that_says_more_or_less_than_can_be_shown_is_no_document(text: str) -> None:
    found = seal_in(signed(books(), text))
    assert (found.state, found.faults) == ("diverged", ("document",))


def test_a_document_of_a_newer_app_is_compared_as_far_as_it_is_known() -> None:
    text = write(document()).replace('"version":1', '"version":2,"zest":"new"')
    assert seal_in(signed(books(), text)).state == "sealed"


def test_a_quote_for_two_jobs_leaves_the_other_as_it_is() -> None:
    known = books(*THEIRS)
    made = document(known, purpose="quote", jobs=(ORDER.id, OTHER.id), subject=QUOTED.id)
    outcome = signed(known, made, subject=QUOTED.id)
    (landing,) = land(known, outcome)
    assert [type(row) for row in landing.rows] == [SignOff]


@pytest.mark.parametrize("purpose", ["quote", "take_away", "item_return"])
def test_a_signature_is_for_what_was_shown_and_nothing_else(purpose: str) -> None:
    subject = QUOTED if purpose == "quote" else PUMP
    made = document(purpose=purpose, subject=subject.id)
    args = signature(made, ANN.id, subject=ident("something else"))
    assert refusal(books(), take(args)) == ("wrong_value", "args.subject")
    jobs = (structs.replace(made.jobs[0], items=()),)
    empty = structs.replace(made, quote=None, sum=None, jobs=jobs)
    args = signature(empty, ANN.id, subject=subject.id, also=())
    assert refusal(books(), take(args)) == ("wrong_value", "args.subject")


def test_a_quote_of_another_job_is_not_agreed_to_here() -> None:
    elsewhere = structs.replace(QUOTED, work_order_id=ident("other order"))
    made = document(purpose="quote", subject=QUOTED.id)
    outcome = signed(books(elsewhere), made, subject=QUOTED.id)
    assert [row for row in outcome.rows if isinstance(row, Quote)] == []
    assert seal_in(outcome).faults == (QUOTED.id,)


def test_who_refuses_to_sign_has_signed_for_nothing() -> None:
    late = structs.replace(ADVICE, id=ident("late note"))
    known = books(late)
    land(known, signed(known))
    assert [task.done for task in known.all(Task)] == [False]
    refused_to = done(known, take(signature(document(known), ANN.id, refusal="x"), op="again"))
    assert [row for row in refused_to.rows if isinstance(row, Task)] == []
    fresh = books()
    land(fresh, signed(fresh, refusal="no time"))
    assert flags(done(fresh, act("photo.add", {**BYTES, "audience": "customer"}))) == []
    assert listed_ids(document(fresh).jobs[0]) == listed_ids(document().jobs[0])
