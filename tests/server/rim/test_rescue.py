"""A rescue file: judged as if its phone had spoken, once, and nothing of one that is not right."""

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server import rescue
from server.auditor import verify
from server.keys import open_keys, rotate
from server.rescue import Told
from server.rounds import notarise
from shared.clock import At
from shared.ops import SYSTEM, Op, encode
from shared.rescue import Unfit, public_text
from sync.digest import vector_hash
from tests.server.rim.company import Company, Phone
from tests.server.rim.lane import Lane, announced, jpeg, photos, rows_of, sha256
from tests.server.rim.rescued import MADE_AT, packed
from tests.server.rim.test_round_trip import accept, begun, job, talk

STRANGER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(params=["sqlite", "postgresql"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A server over either database."""
    given = {}
    if request.param == "postgresql":
        given = {"database": request.getfixturevalue("fresh_postgres"), "threads": 4}
    made = Company(tmp_path / "data", **given)
    with made.client:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Company]:
    """A server for what does not depend on the database."""
    made = Company(tmp_path / "data")
    with made.client:
        yield made


def note(company: Company, order: str, lseq: int, **more: Any) -> dict[str, Any]:
    """A technician's note at a place of the outbox."""
    said = {"by": company.people["technician"], "origin": "device", **more}
    args = {"text": f"note {lseq}", "audience": "internal"}
    op = Op(
        id=company.new_id(),
        kind="note.add",
        v=1,
        on=("work_order", order),
        at=At(wall=company.now_ms, boot="b", mono=1, src="boottime"),
        salt="0" * 32,
        args=msgspec.Raw(msgspec.json.encode(args)),
        **said,
    )
    return {"lseq": lseq, "id": op.id, "body": encode(op)}


def take(company: Company, file: io.BytesIO) -> Told:
    return rescue.take_in(company.office, file, SYSTEM)


def counts(company: Company) -> dict[str, int]:
    """How many rows there are of everything that an import could write."""
    tables = ("op", "leaf", "feed", "note", "upload", "evidence_file", "incarnation")
    return {name: len(rows_of(company, name)) for name in tables}


def verdicts(company: Company, *ops: dict[str, Any]) -> list[tuple[str, str | None]]:
    known = {row.op_id: (str(row.verdict), row.code) for row in rows_of(company, "op")}
    return [known[op["id"]] for op in ops]


def test_it_is_judged_as_if_the_phone_had_pushed_it_and_the_phone_learns_of_it(
    company: Company,
) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    picture, thumb = jpeg(5), jpeg(99)
    lane = Lane.of(company, phone)
    ops = [accept(company, phone, order), note(company, order, 2)]
    ops.append({**lane.photo(order, picture), "lseq": 3})
    file = packed(company, phone, ops, picture, thumb, torn=["4"])

    told = take(company, file)

    assert (told.device, told.person) == (phone.device, company.people["technician"])
    assert (told.ops, told.ops_new, told.files, told.files_new) == (3, 3, 2, 2)
    assert (told.verdicts, told.codes, told.torn) == ({"applied": 3}, {}, ("op 4",))
    assert (told.made_at, told.revoked, told.rehearsed) == (MADE_AT, False, False)
    announced(company)
    assert photos(company) == {sha256(picture): (True, "")}

    vector = vector_hash(first.server_epoch, {})
    reply = talk(company, phone, token=first.token, vector=vector, ops=ops, pull=True)
    assert [str(one.verdict) for one in reply.results] == ["applied"] * 3
    assert not reply.fork
    hashes = sorted([sha256(picture), sha256(thumb)])
    assert lane.files(*hashes) == (hashes, [])
    assert len(rows_of(company, "note")) == 1


def test_twice_is_once_whoever_comes_first(company: Company) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    ops = [accept(company, phone, order), note(company, order, 2)]
    vector = vector_hash(first.server_epoch, {})
    talk(company, phone, token=first.token, vector=vector, ops=ops[:1])
    picture = jpeg(6)
    assert Lane.of(company, phone).upload(picture).status_code == 201
    file = packed(company, phone, ops, picture)

    told = take(company, file)
    after = counts(company)
    again = take(company, file)

    assert (told.ops_new, told.files_new, told.verdicts) == (1, 0, {"applied": 1})
    assert (again.ops, again.ops_new, again.files_new, again.verdicts) == (2, 0, 0, {})
    noted = {"op": 1, "leaf": 1}  # that somebody took it in once more
    assert counts(company) == {name: count + noted.get(name, 0) for name, count in after.items()}


def test_a_rehearsal_says_what_would_happen_and_writes_nothing(company: Company) -> None:
    """S10."""
    phone, order = company.phone(), job(company)
    stranger = note(company, order, 3, by=company.people["dispatcher"])
    ops = [accept(company, phone, order), note(company, order, 2), stranger]
    file = packed(company, phone, ops, jpeg(7))
    before = counts(company)

    told = rescue.rehearse(company.office, file)

    assert (told.rehearsed, told.ops_new, told.files_new) == (True, 3, 1)
    assert told.verdicts == {"applied": 2, "rejected": 1}
    assert told.codes == {"wrong_author": 1}
    assert counts(company) == before
    assert take(company, file).verdicts == told.verdicts
    assert rescue.rehearse(company.office, file).ops_new == 0


class Counted(io.BytesIO):
    """A file that knows how many of its bytes were read."""

    told = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Some bytes, counted."""
        content = super().read(size)
        self.told += len(content)
        return content


def test_nobody_waits_for_the_files_while_a_rehearsal_decides(company: Company) -> None:
    phone, order = company.phone(), job(company)
    content = packed(company, phone, [note(company, order, 2)], b"x" * 900_000).getvalue()
    source = Counted(content)
    assert rescue.rehearse(company.office, source).ops_new == 1
    assert source.told < 2.5 * len(content)  # to see that it holds, and to name its files


def test_every_act_keeps_the_verdict_it_would_have_had(company: Company) -> None:
    phone, order = company.phone(), job(company)
    ops = [
        note(company, order, 1, by=company.people["dispatcher"]),
        note(company, order, 2, origin="console"),
        {"lseq": 3, "id": company.new_id(), "body": "no JSON"},
        note(company, company.new_id(), 4),
    ]

    told = take(company, packed(company, phone, ops))

    assert verdicts(company, ops[0], ops[1], ops[3]) == [
        ("rejected", "wrong_author"),
        ("rejected", "wrong_value"),
        ("rejected", "unknown_subject"),
    ]
    assert told.verdicts == {"rejected": 3, "quarantined": 1}
    assert told.codes["unreadable"] == 1
    assert take(company, packed(company, phone, ops)).ops_new == 0


def test_what_a_revoked_phone_packed_waits_for_a_person(company: Company) -> None:
    phone, order = company.phone(), job(company)
    company.office.revoke(phone.device, company.people["dispatcher"])
    ops = [accept(company, phone, order), note(company, order, 2)]

    told = take(company, packed(company, phone, ops, jpeg(8)))

    assert (told.revoked, told.verdicts, told.files_new) == (True, {"quarantined": 2}, 1)
    assert verdicts(company, *ops) == [("quarantined", "revoked")] * 2
    assert rows_of(company, "note") == []


def test_places_that_name_other_ops_already_are_kept_apart_and_double_nothing(
    company: Company,
) -> None:
    phone, order = company.phone(), job(company)
    first = begun(company, phone)
    vector = vector_hash(first.server_epoch, {})
    talk(company, phone, token=first.token, vector=vector, ops=[note(company, order, 1)])
    other = note(company, order, 1)

    told = take(company, packed(company, phone, [other]))

    places = {row.op_id: (row.incarnation, row.lseq) for row in rows_of(company, "op")}
    assert told.verdicts == {"applied": 1}
    assert places[other["id"]][0] not in ("inc-1", None)
    assert take(company, packed(company, phone, [other])).ops_new == 0
    vector = vector_hash(first.server_epoch, {})
    assert talk(company, phone, token=first.token, vector=vector, ops=[other]).fork


def test_a_phone_that_was_enrolled_anew_brings_what_it_recorded_before(company: Company) -> None:
    before, order = company.phone(), job(company)
    begun(company, before)
    now = company.phone()
    op = accept(company, now, order)

    told = take(company, packed(company, now, [op]))

    assert told.verdicts == {"applied": 1}
    (row,) = (row for row in rows_of(company, "op") if row.op_id == op["id"])
    assert row.device == now.device
    assert row.incarnation != "inc-1"


def test_the_log_stays_whole_and_says_who_took_it_in(company: Company) -> None:
    phone, order = company.phone(), job(company)
    dispatcher = company.people["dispatcher"]
    file = packed(company, phone, [accept(company, phone, order)], jpeg(9))

    rescue.take_in(company.office, file, dispatcher)

    notarise(company.office, company.office.seal())
    with company.office.reading() as books:
        publics = {key: one.public_key() for key, one in company.office.keys.notary.items()}
        assert verify(books, publics).fault is None
    (event,) = (row for row in rows_of(company, "op") if row.kind == "rescue.take")
    assert (event.by_id, event.noun, event.on_id) == (dispatcher, "device", phone.device)


def refused(company: Company, file: io.BytesIO) -> str:
    """Why a file is refused, both ways; nothing is written."""
    before = counts(company)
    codes = set()
    for way in (partial(rescue.take_in, by=SYSTEM), rescue.rehearse):
        with pytest.raises(Unfit) as found:
            way(company.office, file)
        codes.add(found.value.code)
    assert counts(company) == before
    (code,) = codes
    return code


def test_a_file_that_somebody_else_signed_or_of_nobody_known_is_refused(alone: Company) -> None:
    """S10."""
    phone, order = alone.phone(), job(alone)
    ops = [accept(alone, phone, order)]
    other = alone.phone()
    somebody = alone.people["dispatcher"]
    to = public_text(STRANGER.public_key())
    files = {
        "rescue_forged": packed(alone, phone, ops, key=STRANGER),
        "rescue_unknown_device": packed(alone, phone, ops, device="nobody"),
        "rescue_other_server": packed(alone, phone, ops, to=to),
    }
    assert {code: refused(alone, file) for code, file in files.items()} == {c: c for c in files}
    assert refused(alone, packed(alone, phone, ops, device=other.device)) == "rescue_forged"
    assert refused(alone, packed(alone, phone, ops, person=somebody)) == "rescue_unknown_device"


def test_a_file_that_was_changed_or_cut_anywhere_leaves_nothing_behind(alone: Company) -> None:
    """S10."""
    phone, order = alone.phone(), job(alone)
    content = packed(alone, phone, [accept(alone, phone, order)], jpeg(3)).getvalue()
    for place in range(40, len(content), len(content) // 9):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert refused(alone, io.BytesIO(changed)) in ("rescue_spoiled", "rescue_other_server")
        assert refused(alone, io.BytesIO(content[:place])) == "rescue_spoiled"
    assert refused(alone, io.BytesIO(b"%PDF")) == "rescue_no_file"


class Swapped(io.BytesIO):
    """A file that is another one when it is read a second time."""

    def __init__(self, first: bytes, second: bytes) -> None:
        super().__init__(first)
        self.second = second
        self.begun = 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.begun += 1
        if self.begun == 3:
            self.truncate(0)
            super().seek(0)
            self.write(self.second)
        return super().seek(offset, whence)


def test_a_file_that_is_swapped_between_reading_and_taking_is_not_taken(alone: Company) -> None:
    phone, order = alone.phone(), job(alone)
    good = packed(alone, phone, []).getvalue()
    evil = packed(alone, phone, [accept(alone, phone, order)], key=STRANGER).getvalue()
    with pytest.raises(Unfit, match="rescue_spoiled"):
        take(alone, Swapped(good, evil))
    assert [row for row in rows_of(alone, "op") if row.kind == "work_order.accept"] == []


def test_a_file_sealed_before_the_key_was_changed_is_opened_still(tmp_path: Path) -> None:
    company = Company(tmp_path / "data")
    with company.client:
        phone: Phone = company.phone()
        file = packed(company, phone, [])
        rotate(company.office.keys.folder, "rescue", company.random.randbytes)
        keys = open_keys(company.office.keys.folder, company.random.randbytes)
        assert keys.rescue_public != company.office.keys.rescue_public
        renewed = msgspec.structs.replace(company.office, keys=keys)
        assert rescue.take_in(renewed, file, SYSTEM).ops == 0


def test_a_phone_is_told_at_its_enrolment_what_to_seal_with(alone: Company) -> None:
    from tests.server.rim.company import newcomer

    answer = alone.client.post("/enrol", json=newcomer(alone.code(), STRANGER))
    assert answer.json()["rescue"] == alone.office.keys.rescue_public


def test_many_acts_are_taken_batch_by_batch_in_their_order(alone: Company) -> None:
    phone, order = alone.phone(), job(alone)
    ops = [note(alone, order, lseq) for lseq in range(1, 451)]
    told = take(alone, packed(alone, phone, ops))
    assert (told.ops_new, told.verdicts) == (450, {"applied": 450})
    lseqs = [row.lseq for row in rows_of(alone, "op") if row.incarnation == "inc-1"]
    assert sorted(lseqs) == list(range(1, 451))
