"""What customers are to be told by the gateway leaves by itself, and is given up in words."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server import gateway, telling
from server.notary import LEASE_MS, take_lease
from server.office import Asked
from server.settings import Webhook
from shared.ids import derive
from shared.ops import SYSTEM
from sync.protocol import WireOp
from tests.server.addressee import SECRET, Addressee, listening
from tests.server.rim.company import CUSTOMER, SITE, Company
from tests.server.rim.lane import rows_of

SECOND_MS = 1_000
MINUTE_MS = 60_000


@pytest.fixture
def addressee() -> Iterator[Addressee]:
    with listening() as made:
        yield made


@pytest.fixture
def company(tmp_path: Path, addressee: Addressee) -> Iterator[Company]:
    """A server whose own rounds are not gone: each test goes them itself."""
    webhook = Webhook(url=addressee.url, secret=SECRET, private=True, timeout_s=1, tries=3)
    made = Company(tmp_path / "data", webhook=webhook)
    yield made
    made.office.close()


def queued(company: Company, channel: str = "webhook", **more: Any) -> str:
    """A message about a ticket of its own."""
    ticket, message = company.new_id(), company.new_id()
    said = {"customer": CUSTOMER, "site": SITE, "problem": "leaks", "channel": "phone"}
    said_at(company, ticket, "ticket.open", ("ticket", ticket), **said, priority="normal")
    told = {"ticket": ticket, "template": "other", "text": "配件明天到", "language": "zh"}
    on = ("message", message)
    said_at(company, message, "message.queue", on, **told, channel=channel, **more)
    return message


def said_at(company: Company, op: str, kind: str, on: tuple[str, str], **args: Any) -> None:
    asked = Asked(id=op, kind=kind, on=on, args=args)
    office = company.office
    body = office.body(asked, SYSTEM, company.now_ms, origin="console")
    wire = WireOp(lseq=0, id=op, body=body)
    (result,) = office.receive([wire], None, company.now_ms)
    assert result.verdict == "applied", result


def offered(company: Company, holder: str = "one") -> int:
    return telling.offer(company.office, holder)


def state_of(company: Company, message: str) -> tuple[str, str]:
    (row,) = (one for one in rows_of(company, "message") if one.id == message)
    return row.state, row.why


def tries(company: Company) -> list[tuple[int, int | None, str, bool]]:
    found = rows_of(company, "gateway_try")
    told = [(one.n, one.status, one.fault, one.ended_at is not None) for one in found]
    return sorted(told, key=lambda one: one[0])


def said(company: Company) -> list[tuple[str, str, str]]:
    timed = (one for one in rows_of(company, "op") if one.origin == "timer")
    found = [one for one in timed if one.kind.startswith("message.")]
    return [(one.kind, one.by_id, one.verdict) for one in found]


def test_what_waits_for_the_gateway_is_brought_once(company: Company, addressee: Addressee) -> None:
    by_hand = queued(company, "copy")
    message = queued(company, to="陈美玲", phone="138 0013 8000")
    addressee.answers = [(200, {}, b'{"reference":"g-7"}')]
    assert (offered(company), offered(company)) == (1, 0)
    (got,) = addressee.got
    (ticket,) = (
        one.number for one in rows_of(company, "ticket") if one.id == _ticket(company, message)
    )
    assert msgspec.json.decode(got.body) == {
        "id": message,
        "ticket": ticket,
        "template": "other",
        "language": "zh",
        "to": "陈美玲",
        "phone": "138 0013 8000",
        "email": "",
        "text": "配件明天到",
        "at": company.now_ms,
    }
    assert got.headers["idempotency-key"] == message
    assert (state_of(company, message), state_of(company, by_hand)) == (
        ("sent", ""),
        ("queued", ""),
    )
    assert said(company) == [("message.send", SYSTEM, "applied")]
    assert tries(company) == [(1, 200, "", True)]
    company.now_ms += 100 * MINUTE_MS
    assert offered(company) == 0


def _ticket(company: Company, message: str) -> str:
    (row,) = (one for one in rows_of(company, "message") if one.id == message)
    return str(row.ticket_id)


def test_a_gateway_that_knows_that_it_arrived_says_so(
    company: Company, addressee: Addressee
) -> None:
    message = queued(company)
    addressee.answers = [(200, {}, b'{"state":"delivered"}')]
    offered(company)
    assert state_of(company, message) == ("delivered", "")


def test_what_the_gateway_does_not_take_is_tried_again_later_and_then_given_up(
    company: Company, addressee: Addressee
) -> None:
    message = queued(company)
    addressee.answers = [(503, {"Retry-After": "300"}, b"")]
    assert (offered(company), offered(company)) == (1, 0)
    company.now_ms += 299 * SECOND_MS
    assert offered(company) == 0
    company.now_ms += 1 * SECOND_MS
    assert (offered(company), state_of(company, message)) == (1, ("queued", ""))
    company.now_ms += 10 * MINUTE_MS
    assert (offered(company), state_of(company, message)) == (1, ("failed", "failing"))
    company.now_ms += 1_000 * MINUTE_MS
    assert offered(company) == 0
    assert {got.headers["idempotency-key"] for got in addressee.got} == {message}
    assert said(company) == [("message.fail", SYSTEM, "applied")]
    assert tries(company) == [(n, 503, "failing", True) for n in (1, 2, 3)]


def test_what_the_gateway_refuses_for_good_waits_for_a_person_at_once(
    company: Company, addressee: Addressee
) -> None:
    message = queued(company)
    addressee.answers = [(422, {}, b"no such number")]
    assert (offered(company), state_of(company, message)) == (1, ("failed", "refused"))
    company.now_ms += 1_000 * MINUTE_MS
    assert offered(company) == 0
    company.say("message.send", ("message", message), channel="copy")
    assert state_of(company, message) == ("sent", "")


def test_where_nobody_answers_the_rest_is_left_for_later(
    company: Company, addressee: Addressee
) -> None:
    for _ in range(3):
        queued(company)
    addressee.holds = threading.Event()
    assert offered(company) == 1
    assert [fault for _, _, fault, _ in tries(company)] == ["timed_out"]
    addressee.holds.set()
    addressee.holds = None
    assert offered(company) == 2


def test_what_is_called_off_in_time_does_not_leave(company: Company, addressee: Addressee) -> None:
    message = queued(company)
    company.say("message.cancel", ("message", message))
    assert (offered(company), addressee.got) == (0, [])


def test_what_is_called_off_while_it_is_sent_was_told_all_the_same(
    company: Company, addressee: Addressee
) -> None:
    message = queued(company)

    def sending(*given: Any) -> Any:
        company.say("message.cancel", ("message", message))
        return gateway.post(*given)

    assert telling.offer(company.office, "one", sending) == 1
    assert state_of(company, message) == ("sent", "")


def test_one_process_at_a_time_tells_and_another_goes_on_when_it_is_gone(
    company: Company, addressee: Addressee
) -> None:
    queued(company)
    with company.office.writing() as books:
        assert take_lease(books, telling.LEASE, "other", company.now_ms)
    assert offered(company) == 0
    company.now_ms += LEASE_MS + 1
    assert offered(company) == 1


DIES = """
import sys
from pathlib import Path
from server import telling
from server.app import open_office
from server.settings import Settings, Webhook
data, database, url, secret, now = sys.argv[1:]
webhook = Webhook(url=url, secret=secret, private=True, timeout_s=30)
settings = Settings(data=Path(data), database=database, webhook=webhook)
office = open_office(settings, clock=lambda: int(now))
print("open", flush=True)
telling.offer(office, "dies")
"""


def test_a_process_that_is_killed_while_it_sends_loses_nothing(
    company: Company, addressee: Addressee
) -> None:
    message = queued(company)
    addressee.holds = threading.Event()
    settings = company.settings
    told = (str(settings.data), settings.database, addressee.url, SECRET, str(company.now_ms))
    process = subprocess.Popen([sys.executable, "-c", DIES, *told], stdout=subprocess.PIPE)
    for _ in range(600):
        if addressee.got:
            break
        threading.Event().wait(0.05)
    process.kill()
    process.communicate()
    assert (process.returncode, len(addressee.got)) == (-9, 1)
    addressee.holds.set()
    addressee.holds = None
    assert (state_of(company, message), tries(company)) == (("queued", ""), [(1, None, "", False)])
    company.now_ms += LEASE_MS + 1
    assert offered(company) == 0  # it may yet be on its way
    company.now_ms += 3 * 30 * SECOND_MS
    assert (offered(company), offered(company)) == (1, 0)
    first, second = addressee.got
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == message
    assert first.body == second.body
    assert (state_of(company, message), said(company)) == (
        ("sent", ""),
        [("message.send", SYSTEM, "applied")],
    )
    assert tries(company) == [(1, None, "", False), (2, 202, "", True)]


def test_two_at_once_bring_every_message_once(company: Company, addressee: Addressee) -> None:
    messages = [queued(company) for _ in range(6)]
    together = threading.Barrier(2)

    def go(holder: str) -> None:
        together.wait()
        for _ in range(20):
            offered(company, holder)

    threads = [threading.Thread(target=go, args=(holder,)) for holder in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    company.now_ms += LEASE_MS + 1
    while offered(company):
        pass
    assert sorted(got.headers["idempotency-key"] for got in addressee.got) == sorted(messages)
    assert {state_of(company, one) for one in messages} == {("sent", "")}


def test_the_wait_grows_and_never_ends() -> None:
    waits = [telling.wait_ms(n, bytes) for n in range(1, 10)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1], waits[-2]) == (30_000, 14_400_000, 14_400_000)
    assert telling.wait_ms(1, lambda count: b"\xff" * count) == 36_000


def test_what_was_said_of_a_message_has_an_id_of_its_own(company: Company) -> None:
    message = queued(company)
    offered(company)
    (op,) = (one for one in rows_of(company, "op") if one.kind == "message.send")
    assert op.op_id == derive(message, "message.send")
