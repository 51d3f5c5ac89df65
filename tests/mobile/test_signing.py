"""Taking a signature without a window: what is written down, what is refused, and the command."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import fieldfare
from mobile import signing
from mobile.device import Installation, install
from mobile.keys import adopt_key, next_key
from mobile.queries import proof
from mobile.signing import Given, Taken
from shared.amounts import LINE_CHARS_MAX
from shared.document import Document, code_of, hash_of, read, write
from shared.errors import Refused
from shared.seal import seal_of
from shared.showing import Asked, build
from shared.sign_off import SignedDocument, SignOff, TakeArgs
from tests.mobile.phones import Phone
from tests.proof import DOT, EMPTY, INK
from tests.world import ANN

SEEN = {"category": "C", "basis": "goodwill", "code": "no_date"}
GIVEN = Given(signer="陈美玲", signer_role="family", relation="wife", rating=4, ink=INK)


def finish(phone: Phone, outcome: str = "done") -> None:
    """The visit of the phone's job, to its end."""
    phone.work()
    end(phone, outcome)


def end(phone: Phone, outcome: str = "done") -> None:
    """The end of a visit that is under way."""
    phone.must("checklist.answer", {"item": "leaks", "value": "pass"})
    phone.must("note.add", {"text": "Call before you come", "audience": "internal"})
    phone.must("note.add", {"text": "Keep the drain free", "audience": "customer"})
    phone.must("work_order.complete", {"outcome": outcome, "work_done": "New belt"})


def shown(phone: Phone, *also: str, made_at: int = 5_000) -> Document:
    """What the customer reads."""
    jobs = (phone.job, *also)
    asked = Asked(purpose="visit", jobs=jobs, person=ANN, language="zh", made_at=made_at)
    found = build(phone.queries.shown(jobs), asked)
    assert isinstance(found, Document)
    return found


def args_of(document: Document, given: Given = GIVEN) -> dict[str, Any]:
    args = signing.args_of(document, given, Taken(technician=ANN, signed_at=7_000, app="test"))
    assert isinstance(args, dict)
    return args


def test_what_is_written_down_is_the_whole_document_with_its_hash_ink_and_seal(
    phone: Phone,
) -> None:
    finish(phone)
    document = shown(phone)
    args = args_of(document)
    taken = msgspec.convert(args, TakeArgs)
    assert read(taken.document) == document
    assert taken.shown_hash == hash_of(write(document))
    assert taken.seal == seal_of(taken, ANN)
    assert (taken.signer, taken.signer_role, taken.relation, taken.rating) == (
        "陈美玲",
        "family",
        "wife",
        4,
    )
    assert taken.ink == INK


def taken(phone: Phone) -> SignOff:
    """The newest signature of the phone's job."""
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert sheet.signing.sign_off is not None
    return sheet.signing.sign_off


def kept_there(phone: Phone) -> list[SignOff]:
    """The signatures in the office's books."""
    server: Any = phone.world.server
    return [row for row in server.books.pages.rows.values() if isinstance(row, SignOff)]


def test_it_is_sealed_once_the_office_has_all_that_was_signed(phone: Phone) -> None:
    finish(phone)
    phone.must("sign_off.take", args_of(shown(phone)))
    here = taken(phone)
    assert here.state == "pending"
    phone.sync()
    assert (taken(phone).state, taken(phone).faults) == ("sealed", ())
    there = kept_there(phone)
    assert [(one.state, one.code) for one in there] == [("sealed", here.code)]
    kept = phone.queries.signed_document(here)
    assert isinstance(kept, SignedDocument)
    assert hash_of(kept.document) == here.shown_hash


def test_the_same_rows_at_the_same_time_make_the_same_code(phone: Phone) -> None:
    finish(phone)
    first, again = shown(phone), shown(phone)
    assert write(first) == write(again)
    assert "Call before you come" not in write(first)
    phone.must("charge.decide", SEEN)
    assert code_of(hash_of(write(shown(phone)))) != code_of(hash_of(write(first)))


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (Given(ink=INK), "missing_field", "args.signer"),
        (Given(signer="   ", ink=INK), "missing_field", "args.signer"),
        (Given(signer="Chen"), "no_ink", "args.ink"),
        (Given(signer="Chen", ink=EMPTY), "no_ink", "args.ink"),
        (Given(signer="Chen", ink=DOT), "no_ink", "args.ink"),
        (Given(signer="陈" * 2_000, ink=INK), "out_of_range", "args.signer"),
        (Given(signer="Chen", ink=INK, relation="x" * 201), "out_of_range", "args.relation"),
        (Given(refusal="x" * 201), "out_of_range", "args.refusal"),
    ],
)
def test_what_is_no_signature_is_not_written_down(given: Given, code: str, field: str) -> None:
    refused = signing.unfit(given)
    assert refused is not None
    assert (refused.code, refused.field) == (code, field)
    assert signing.unfit(Given(signer="x" * LINE_CHARS_MAX, ink=INK)) is None


def test_whoever_does_not_sign_gives_a_reason_and_neither_ink_nor_stars(phone: Phone) -> None:
    finish(phone)
    args = args_of(shown(phone), Given(refusal="not content", rating=1, ink=INK))
    assert {"ink", "rating", "signer"} & set(args) == set()
    phone.must("sign_off.take", args)
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    assert sheet.signing.sign_off is not None
    assert (sheet.signing.signature, sheet.signing.sign_off.refusal) == ("signed", "not content")


def test_nobody_signs_before_somebody_has_arrived_or_while_checks_are_missing(
    phone: Phone,
) -> None:
    for verb in ("accept", "depart"):
        phone.must(f"work_order.{verb}")
    refused = phone.record("sign_off.take", args_of(shown(phone)))
    assert isinstance(refused, Refused)
    assert refused.code == "not_arrived"
    for verb in ("arrive", "start"):
        phone.must(f"work_order.{verb}")
    refused = phone.record("sign_off.take", args_of(shown(phone)))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params["items"]) == ("incomplete", "leaks")


def test_a_job_tells_how_it_stands_with_its_signature(phone: Phone) -> None:
    def told() -> str:
        (job,) = phone.queries.jobs()
        sheet = phone.queries.sheet(phone.job)
        assert sheet is not None
        assert job.signature == sheet.signing.signature
        return job.signature

    assert told() == ""
    finish(phone)
    assert told() == "unsigned"
    phone.must("sign_off.take", args_of(shown(phone)))
    assert told() == "signed"
    phone.must("edit", {"fields": {"access_notes": "Ring at the gate"}})
    assert told() == "signed"
    phone.must("charge.decide", SEEN)
    assert told() == "anew"
    phone.must("sign_off.take", args_of(shown(phone)))
    assert told() == "signed"


def test_nobody_signs_for_a_visit_at_which_nobody_was_met(phone: Phone) -> None:
    for verb in ("accept", "depart", "arrive"):
        phone.must(f"work_order.{verb}")
    phone.must("work_order.complete", {"outcome": "customer_not_in"})
    assert [job.signature for job in phone.queries.jobs()] == [""]
    assert "customer_not_in" in proof.NOBODY_THERE


def test_strokes_that_cannot_be_read_are_refused_with_their_reason() -> None:
    told = [
        signing.read_ink(content)
        for content in (
            b"",
            b"[]",
            b'{"width":100,"height":100,"strokes":[[1,2]]}',
            b'{"width":100,"height":100,"strokes":[[-1,2,3]]}',
            b"[" * 100_000,
            b" " * 300_000,
            b"\xff\xfe",
        )
    ]
    assert [one.code for one in told if isinstance(one, Refused)] == [
        "wrong_value",
        "wrong_value",
        "wrong_value",
        "wrong_value",
        "wrong_value",
        "too_large",
        "wrong_value",
    ]
    assert signing.read_ink(msgspec.json.encode(INK)) == INK


@pytest.fixture
def command(phone: Phone, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """`device sign` on the phone's folder: its exit code, and what it printed."""
    install(
        phone.folder,
        Installation(
            server="http://127.0.0.1:9",
            device=phone.replica.identity().device,
            person=ANN,
            login="ann",
            name="Ann",
            code="T01",
        ),
    )
    assert next_key(phone.folder).public()
    adopt_key(phone.folder)
    strokes = tmp_path / "strokes.json"
    strokes.write_bytes(msgspec.json.encode(INK))
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        given = [one.replace("STROKES", str(strokes)) for one in words]
        place = ["--wo", str(sheet.order.number), "--data", str(phone.folder), "--lang", "en"]
        code = fieldfare.main(["device", "sign", *place, *given])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_a_visit_is_signed_for_by_command(phone: Phone, command: Any) -> None:
    finish(phone)
    code, told = command("--name", "Chen Hui", "--strokes", "STROKES", "--rating", "5")
    assert code == 0
    sheet = phone.queries.sheet(phone.job)
    assert sheet is not None
    signed = sheet.signing.sign_off
    assert signed is not None
    assert told == {
        "id": signed.group_id,
        "code": signed.code,
        "shown_hash": signed.shown_hash,
        "seal": signed.seal,
        "flags": [],
    }
    assert (signed.signer, signed.rating, signed.language, signed.state) == (
        "Chen Hui",
        5,
        "en",
        "pending",
    )


def test_the_command_signs_nothing_without_ink_or_a_reason(phone: Phone, command: Any) -> None:
    assert command("--name", "Chen", "--strokes", "STROKES")[1]["code"] == "not_arrived"
    phone.work()
    code, told = command("--name", "Chen", "--strokes", "STROKES")
    assert (code, told["code"], told["field"]) == (3, "missing_field", "args.outcome")
    end(phone)
    for words, code in (
        (("--name", "Chen"), "no_ink"),
        (("--strokes", "STROKES"), "missing_field"),
        (("--name", "Chen", "--strokes", "nowhere.json"), "unknown_subject"),
        (("--name", "陈" * 2_000, "--strokes", "STROKES"), "out_of_range"),
        (("--name", "Chen", "--strokes", "STROKES", "--also", "WO-99-999999"), "unknown_subject"),
        (("--name", "C", "--strokes", "STROKES", "--purpose", "quote"), "unknown_subject"),
    ):
        exit_code, told = command(*words)
        assert (exit_code, told["code"]) == (3, code)
        assert told["reason"]
    assert [line.kind for line in phone.queries.outbox()].count("sign_off.take") == 0
    assert command("--refuse", "The price", "--language", "zh")[0] == 0


def test_one_signature_stands_for_two_jobs_of_the_same_place(phone: Phone, command: Any) -> None:
    finish(phone)
    other = phone.world.job(ANN)
    phone.sync()
    for verb in ("accept", "depart", "arrive", "start"):
        phone.must(f"work_order.{verb}", on=("work_order", other))
    phone.must("work_order.complete", {"outcome": "done"}, on=("work_order", other))
    (beside,) = phone.queries.unsigned_beside(phone.job)
    assert beside.id == other
    assert command("--name", "Chen", "--strokes", "STROKES", "--also", beside.number)[0] == 0
    assert {job.signature for job in phone.queries.jobs()} == {"signed"}
    phone.sync()
    there = kept_there(phone)
    assert {one.work_order_id: one.state for one in there} == {
        phone.job: "sealed",
        other: "sealed",
    }
    assert len({one.group_id for one in there}) == 1
