"""The Line, walked with the real code: from a tap on a phone to the audit record, and back.

The server is a real process on a real socket with a real database, the phone a real file.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile import service
from mobile.enrolment import read as read_invitation
from mobile.service import Phone
from server import administration, admission, settings
from shared.audit import includes, leaf_hash
from sync.ports import Outboxed
from tests.e2e.conftest import DAY
from tests.e2e.processes import Desk, Refusal, Server, Told, fieldfare

TECHNICIAN = "zhou.jian"
NOTARY_S = 20.0
NOT_FOUND = 404


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("line") / "data"
    made = fieldfare("init", "--data", folder, "--demo", "--day", DAY)
    assert made.code == 0, made
    with Server(folder).serving() as running:
        yield running


@pytest.fixture
def phone(server: Server, tmp_path: Path) -> Iterator[Phone]:
    with administration.opened(settings.load({"data": server.data, "port": server.port})) as office:
        code = administration.enrol_code(office, TECHNICIAN)
        assert isinstance(code, dict)
        known = service.enrol(tmp_path / "phone", read_invitation(code["text"]), "a phone")
        assert admission.confirm(office, known.device, None) is None
    with service.opened(tmp_path / "phone") as opened:
        assert opened is not None
        service.talk(opened, ops_only=False)
        yield opened


def test_a_tap_becomes_an_audit_record_and_the_phone_learns_of_it(
    server: Server, phone: Phone
) -> None:
    """C20."""
    job = next(one for one in phone.queries.jobs() if one.status == "assigned")
    assert job.number is not None

    # 1–3: the tap means something, is judged by the rule, and is on the disk
    tap = service.act(phone, "work_order.accept", job.number, {})
    assert isinstance(tap, Outboxed)
    sheet = phone.queries.sheet(job.number)
    assert sheet is not None
    assert (sheet.job.status, sheet.job.sync) == ("accepted", "waiting")

    # 4–7: it travels, is decided by the same rule, and entered with verdict and leaf
    report = service.talk(phone, ops_only=False)
    assert (report.verdicts, report.checksum_ok) == ({"applied": 1}, True)
    desk = Desk(server.url)
    order = desk.order(job.number)
    line = next(one for one in order["story"] if one["op"] == tap.op_id)
    assert (order["status"], line["verdict"], line["leaf"]["n"]) == ("accepted", "applied", 1)
    assert line["device"]["id"] == phone.owner.device
    assert line["done_at"] <= line["received"]

    # 8: the phone shows what the server has, and nothing of its own lies over it any more
    after = phone.queries.sheet(job.number)
    assert after is not None
    assert (after.job.status, after.job.sync) == ("accepted", "safe")
    assert phone.replica.settled_on_top() == []


def _proof(desk: Desk, op_id: str) -> Told:
    """The inclusion proof of an op, as soon as the notary has signed."""
    until = time.monotonic() + NOTARY_S
    while True:
        try:
            return desk.get(f"/api/audit/{op_id}")
        except Refusal as refusal:
            if refusal.status != NOT_FOUND or time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_the_audit_record_can_be_proven_by_anybody(server: Server, phone: Phone) -> None:
    job = next(one for one in phone.queries.jobs() if one.status == "assigned")
    tap = service.act(phone, "note.add", job.number, {"text": "测试", "audience": "internal"})
    assert isinstance(tap, Outboxed)
    service.talk(phone, ops_only=False)
    desk = Desk(server.url)
    proof = _proof(desk, tap.op_id)
    head = (proof["head"]["size"], bytes.fromhex(proof["head"]["root"]))
    path = [bytes.fromhex(step) for step in proof["path"]]
    told = leaf_hash(proof["leaf"].encode())
    assert includes(told, proof["number"], path, head)
    assert not includes(leaf_hash(b"forged"), proof["number"], path, head)
    checked = administration.audit(settings.load({"data": server.data}))
    assert checked.fault is None
