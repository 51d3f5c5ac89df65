"""A revoked phone hands in and reads nothing; it is emptied by two people, and never undrained."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server import drains, throttle, wiping
from server.queries.delivery import delivery
from server.statements import OP
from server.wiping import HOUR_MS, Held
from shared.ids import fingerprint
from sync.digest import vector_hash
from sync.protocol import Reply, Wipe
from tests.server.rim.company import Company, Phone, signed
from tests.server.rim.lane import Lane, announced, jpeg, photos, sha256
from tests.server.rim.test_office_ops import say, verdicts
from tests.server.rim.test_round_trip import accept, begun, job, talk

DAY_MS = 24 * HOUR_MS
DRAINED = {"unsent": 0, "unsent_files": 0}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A server on either database."""
    kind = "" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    made = Company(tmp_path / "data", database=kind, threads=4)
    with made.client:
        yield made


class Lost:
    """A phone with a job, revoked since it last spoke."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.phone: Phone = company.phone()
        self.order = job(company)
        self.first = begun(company, self.phone)
        self.headers = self.phone.headers()
        headers = company.signed_in("dispatcher")
        path = f"/api/devices/{self.phone.device}/revoke"
        assert company.client.post(path, headers=headers).status_code == 204

    def talk(self, **more: Any) -> Reply:
        vector = vector_hash(self.first.server_epoch, {})
        return talk(
            self.company, self.phone, **{"token": self.first.token, "vector": vector, **more}
        )

    def status(self) -> str:
        headers = self.company.signed_in("inspector")
        path = f"/api/work-orders/{self.order}"
        return str(self.company.client.get(path, headers=headers).json()["status"])

    def who(self, role: str) -> str:
        return self.company.people[role]

    def step(self, act: Callable[..., str | None], role: str, *more: Any) -> str | None:
        return act(self.company.office, self.phone.device, self.who(role), *more)

    def ordered(self) -> None:
        """Asked for by one, confirmed by another, and in force."""
        assert self.step(wiping.ask, "dispatcher") is None
        assert self.step(wiping.confirm, "service_manager") is None
        self.company.now_ms += self.company.limits().wipe_delay_hours * HOUR_MS

    def given_up(self, held: Held) -> None:
        """Said by one to be lost, and by another, and in force."""
        assert self.step(wiping.give_up, "dispatcher", held) is None
        assert self.step(wiping.give_up, "team_leader", held) is None
        self.company.now_ms += self.company.limits().wipe_delay_hours * HOUR_MS

    def turned_away(self) -> tuple[int, str]:
        answer = self.phone.ask(self.phone.nonce())
        return answer.status_code, answer.json().get("code", "")

    def events(self) -> list[tuple[str, str | None]]:
        with self.company.office.reading() as books:
            wanted = select(OP.c.kind, OP.c.by_id).order_by(OP.c.received, OP.c.op_id)
            found = books.execute(wanted.where(OP.c.origin == "server")).all()
        said = [(kind, by) for kind, by in found]
        return [one for one in said if one[0].startswith(("wipe.", "drain."))]


def test_a_revoked_phone_hands_in_under_its_own_key_and_a_dispatcher_decides(
    either: Company,
) -> None:
    lost = Lost(either)
    op = accept(either, lost.phone, lost.order)
    told = lost.talk(ops=[op])
    assert [(one.verdict, one.code) for one in told.results] == [("quarantined", "revoked")]
    assert (told.revoked, told.wipe, lost.status()) == (True, None, "assigned")
    headers = either.signed_in("dispatcher")
    (item,) = either.client.get("/api/ops", headers=headers).json()["items"]
    assert (item["id"], item["body"], item["device"]["id"]) == (
        *(op["id"], op["body"]),
        lost.phone.device,
    )
    assert item["by"]["id"] == lost.who("technician")
    args = {"of": op["id"], "body_fingerprint": fingerprint(op["body"])}
    mend = {"id": either.new_id(), "kind": "op.accept", "on": ["op", op["id"]], "args": args}
    assert verdicts(say(either, "dispatcher", mend)) == ["applied"]
    assert lost.status() == "accepted"
    again = lost.talk(ops=[op])
    assert [one.verdict for one in again.results] == ["applied"]


def test_a_revoked_phone_reads_no_rows_no_scope_no_head_and_no_pages(company: Company) -> None:
    """S2."""
    lost = Lost(company)
    told = lost.talk(pull=True, full=True, head=0)
    assert (told.streams, told.scope, told.drop, told.head) == ([], None, [], None)
    assert told.revoked
    headers = {**lost.headers}
    for path in ("/api/work-orders", "/api/ops", "/api/devices"):
        assert company.client.get(path, headers=headers).status_code == 401


def test_a_revoked_phone_confirms_no_job_that_it_was_never_given(company: Company) -> None:
    lost = Lost(company)
    stream = f"wo:{lost.order}"
    lost.talk(cursors={stream: 9}, vector=vector_hash(lost.first.server_epoch, {stream: 9}))
    with company.office.reading() as books:
        (found,) = delivery(books, lost.order)
    assert found["on_phone_at"] is None


def test_an_access_token_from_before_reads_nothing_either(company: Company) -> None:
    lost = Lost(company)
    vector = vector_hash(lost.first.server_epoch, {})
    request = lost.phone.request(token=lost.first.token, vector=vector, pull=True)
    answer = company.client.post("/sync", json=request, headers=lost.headers)
    assert (answer.status_code, answer.json().get("streams")) == (200, None)
    assert answer.json()["revoked"]


def test_a_drain_ends_after_thirty_days_by_the_servers_clock(company: Company) -> None:
    """S9."""
    lost = Lost(company)
    company.now_ms += 30 * DAY_MS - 1
    assert lost.talk().revoked
    company.now_ms += 1
    assert lost.turned_away() == (401, "device_revoked")


def test_a_drain_ends_when_somebody_closes_it_and_so_does_a_token_in_use(company: Company) -> None:
    """S9."""
    lost = Lost(company)
    headers = lost.phone.headers()
    assert lost.step(wiping.close_drain, "dispatcher") is None
    assert lost.step(wiping.close_drain, "dispatcher") is None
    assert lost.turned_away() == (401, "device_revoked")
    answer = company.client.post("/sync", json=lost.phone.request(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")
    assert lost.events() == [("drain.close", lost.who("dispatcher"))]


def test_a_phone_in_use_has_no_drain_to_close_and_nothing_to_be_wiped(company: Company) -> None:
    device = company.phone().device
    office, who = company.office, company.people["dispatcher"]
    assert wiping.close_drain(office, device, who) == "not_revoked"
    assert wiping.ask(office, device, who) == "not_revoked"
    assert wiping.confirm(office, device, who) == "no_order"


def test_a_revoked_phone_may_say_so_much_a_day_and_the_rest_another_day(
    company: Company,
) -> None:
    """S9."""
    lost = Lost(company)
    first, second = (accept(company, lost.phone, lost.order) for _ in range(2))
    size = len(first["body"])
    lost.talk(ops=[first])
    with company.office.writing() as books:
        used = drains.BYTES_PER_DAY_MAX - 2 * size
        key, limit = drains.BYTES + lost.phone.device, (drains.BYTES_PER_DAY_MAX, 24 * 60)
        assert throttle.strike(books, key, limit, company.now_ms, used) == 0
    lost.talk(ops=[{**second, "lseq": 2}])
    third = {**accept(company, lost.phone, lost.order), "lseq": 3}
    request = lost.phone.request(token=lost.first.token, ops=[third])
    answer = company.client.post("/sync", json=request, headers=lost.phone.headers())
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(24 * 3_600))
    assert lost.talk().revoked  # without ops it is heard all the same
    company.now_ms += DAY_MS
    assert [one.verdict for one in lost.talk(ops=[third]).results] == ["quarantined"]


def test_nobody_wipes_a_phone_alone_and_not_at_once(company: Company) -> None:
    """S14."""
    lost = Lost(company)
    assert lost.step(wiping.ask, "dispatcher") is None
    assert lost.talk(**DRAINED).wipe is None
    assert lost.step(wiping.confirm, "dispatcher") == "second_person"
    company.now_ms += 90 * HOUR_MS
    assert lost.talk(**DRAINED).wipe is None
    assert lost.step(wiping.confirm, "team_leader") is None
    assert lost.talk(**DRAINED).wipe is None
    company.now_ms += company.limits().wipe_delay_hours * HOUR_MS - 1
    assert lost.talk(**DRAINED).wipe is None
    company.now_ms += 1
    assert lost.talk(**DRAINED).wipe is not None
    assert lost.events() == [
        ("wipe.ask", lost.who("dispatcher")),
        ("wipe.confirm", lost.who("team_leader")),
        ("wipe.send", None),
    ]


def test_who_has_left_is_not_the_first_of_two_people(company: Company) -> None:
    """S14."""
    lost = Lost(company)
    lost.step(wiping.ask, "dispatcher")
    company.disable("dispatcher")
    assert lost.step(wiping.confirm, "team_leader") == "asker_left"
    assert lost.step(wiping.cancel, "team_leader") is None
    assert lost.step(wiping.ask, "team_leader") is None
    assert lost.step(wiping.confirm, "service_manager") is None


@pytest.mark.parametrize(
    "held",
    [
        {"unsent": 1, "unsent_files": 0},
        {"unsent": 0, "unsent_files": 1},
        {"unsent": 0},
        {"unsent_files": 0},
    ],
    ids=["ops", "files", "files not told", "ops not told"],
)
def test_a_phone_that_still_holds_something_is_not_told(
    company: Company, held: dict[str, int]
) -> None:
    lost = Lost(company)
    lost.ordered()
    assert lost.talk(**held).wipe is None
    assert lost.talk(**DRAINED).wipe is not None


def test_what_is_lost_with_a_phone_is_named_and_no_more_than_that(company: Company) -> None:
    """S14."""
    lost = Lost(company)
    lost.ordered()
    lost.talk(unsent=3, unsent_files=2)
    assert lost.step(wiping.give_up, "dispatcher", Held(ops=2, files=2)) == "told_otherwise"
    lost.given_up(Held(ops=3, files=2))
    assert lost.talk(unsent=4, unsent_files=2).wipe is None
    told = lost.talk(unsent=3, unsent_files=2).wipe
    assert told is not None
    assert (told.ops, told.files) == (3, 2)
    givers = {who for kind, who in lost.events() if kind == "wipe.give_up"}
    assert givers == {lost.who("dispatcher"), lost.who("team_leader")}


def test_one_person_alone_gives_up_nothing_and_two_do_so_after_some_hours(either: Company) -> None:
    """S14."""
    lost = Lost(either)
    lost.ordered()
    held = {"unsent": 3, "unsent_files": 2}
    lost.talk(**held)
    said = Held(ops=3, files=2)
    assert lost.step(wiping.give_up, "dispatcher", said) is None
    assert lost.step(wiping.give_up, "dispatcher", said) == "second_giver"
    either.now_ms += 24 * HOUR_MS
    assert lost.talk(**held).wipe is None
    assert lost.step(wiping.give_up, "team_leader", said) is None
    assert lost.talk(**held).wipe is None
    assert lost.step(wiping.give_up, "service_manager", said) is None  # no further word is needed
    either.now_ms += either.limits().wipe_delay_hours * HOUR_MS
    wipe = lost.talk(**held).wipe
    assert wipe is not None
    assert (wipe.ops, wipe.files) == (3, 2)
    assert [kind for kind, _ in lost.events()].count("wipe.give_up") == 2


def test_other_numbers_or_a_first_person_who_left_begin_the_giving_up_anew(
    company: Company,
) -> None:
    lost = Lost(company)
    lost.ordered()
    lost.talk(unsent=3, unsent_files=2)
    assert lost.step(wiping.give_up, "dispatcher", Held(ops=3, files=2)) is None
    lost.talk(unsent=4, unsent_files=2)
    told = [lost.step(wiping.give_up, "team_leader", Held(ops=4, files=2)) for _ in "12"]
    assert told == [None, "second_giver"]
    company.disable("team_leader")
    assert lost.step(wiping.give_up, "dispatcher", Held(ops=4, files=2)) is None
    company.now_ms += 24 * HOUR_MS
    assert lost.talk(unsent=4, unsent_files=2).wipe is None


def test_what_others_hold_who_had_the_phone_before_counts_like_its_persons_own(
    company: Company,
) -> None:
    """C25."""
    lost = Lost(company)
    lost.ordered()
    assert lost.talk(**DRAINED, others=(1, 0)).wipe is None
    assert lost.talk(**DRAINED, others=(0, 2)).wipe is None
    lost.talk(unsent=1, unsent_files=1, others=(1, 2))
    lost.given_up(Held(ops=2, files=3))
    told = lost.talk(unsent=1, unsent_files=1, others=(1, 2)).wipe
    assert told is not None
    assert (told.ops, told.files) == (2, 3)


def test_an_order_is_taken_back_until_the_phone_was_told(either: Company) -> None:
    lost = Lost(either)
    lost.ordered()
    assert lost.step(wiping.cancel, "dispatcher") is None
    assert lost.talk(**DRAINED).wipe is None
    lost.ordered()
    assert lost.talk(**DRAINED).wipe is not None
    assert lost.step(wiping.cancel, "dispatcher") == "told_already"
    kinds = [kind for kind, _ in lost.events()]
    assert sorted(kinds) == sorted([*["wipe.ask", "wipe.confirm"] * 2, "wipe.cancel", "wipe.send"])


def test_a_phone_that_did_not_hear_is_told_again_and_says_once_that_it_is_empty(
    either: Company,
) -> None:
    lost = Lost(either)
    lost.ordered()
    first, again = (lost.talk(**DRAINED).wipe for _ in range(2))
    assert first == again
    assert first is not None
    said = said_empty(lost, first)
    assert either.client.post("/wiped", json=said).status_code == 204
    assert either.client.post("/wiped", json=said).status_code == 204
    assert [kind for kind, _ in lost.events()].count("wipe.done") == 1
    assert lost.talk(**DRAINED).wipe is None


def test_nobody_else_says_that_a_phone_is_empty(company: Company) -> None:
    lost, other = Lost(company), company.phone("partner")
    lost.ordered()
    order = lost.talk(**DRAINED).wipe
    assert order is not None
    said = said_empty(lost, order)
    stolen = {**said, "device": other.device}
    forged = {**said, "signature": signed(other.key, f"fieldfare-wiped|{other.device}|x")}
    for message in (stolen, forged):
        assert company.client.post("/wiped", json=message).status_code == 401
    assert "wipe.done" not in [kind for kind, _ in lost.events()]


def test_a_closed_drain_keeps_nothing_from_being_wiped_but_what_is_unsent(
    company: Company,
) -> None:
    lost = Lost(company)
    lost.step(wiping.close_drain, "dispatcher")
    lost.ordered()
    op = accept(company, lost.phone, lost.order)
    vector = vector_hash(lost.first.server_epoch, {})
    base = {"token": lost.first.token, "vector": vector, **DRAINED}
    request = lost.phone.request(**base, ops=[op])
    answer = company.client.post("/sync", json=request, headers=lost.phone.headers())
    assert (answer.status_code, answer.json()["code"]) == (401, "device_revoked")
    with company.office.reading() as books:
        assert company.office.ledger(books).recall({op["id"]}) == {}
    assert lost.talk(**DRAINED).wipe is not None


def said_empty(lost: Lost, order: Wipe) -> dict[str, str]:
    text = f"fieldfare-wiped|{lost.phone.device}|{order.order}"
    return {
        "device": lost.phone.device,
        "order": order.order,
        "signature": signed(lost.phone.key, text),
    }


def test_the_files_of_a_revoked_phone_come_in_and_show_once_their_photo_is_taken_over(
    company: Company,
) -> None:
    lost = Lost(company)
    lane, data = Lane.of(company, lost.phone), jpeg(7)
    op = lane.photo(lost.order, data)
    (told,) = lost.talk(ops=[op]).results
    assert (told.verdict, told.code) == ("quarantined", "revoked")
    assert lane.upload(data).status_code == 201
    assert lost.talk(files=[sha256(data)]).have == [sha256(data)]
    assert photos(company) == {}
    args = {"of": op["id"], "body_fingerprint": fingerprint(op["body"])}
    mend = {"id": company.new_id(), "kind": "op.accept", "on": ["op", op["id"]], "args": args}
    assert verdicts(say(company, "dispatcher", mend)) == ["applied"]
    announced(company)
    assert photos(company) == {sha256(data): (True, "")}


def test_no_file_comes_in_once_the_drain_is_closed_even_while_a_wipe_waits(
    company: Company,
) -> None:
    lost = Lost(company)
    lane, data = Lane.of(company, lost.phone), jpeg(8)
    place = lane.begin(len(data))
    lost.step(wiping.close_drain, "dispatcher")
    lost.ordered()
    lane.renew()
    answers = [lane.upload(data), lane.patch(place, 0, data), lane.ask("HEAD", place)]
    assert [one.status_code for one in answers] == [401] * 3


def test_what_was_given_up_is_not_taken_in_after_all_once_the_drain_is_closed(
    company: Company,
) -> None:
    lost = Lost(company)
    lost.talk(unsent=1, unsent_files=0)
    lost.step(wiping.close_drain, "dispatcher")
    lost.ordered()
    lost.given_up(Held(ops=1, files=0))
    op = accept(company, lost.phone, lost.order)
    told = lost.talk(ops=[op], **DRAINED)
    assert (told.results, told.wipe is not None) == ([], True)
    with company.office.reading() as books:
        assert company.office.ledger(books).recall({op["id"]}) == {}
