"""Two processes of a server, on one database: what one has counted, opened or said, both know."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, Final

import msgspec
import pytest

from server import arrivals, throttle
from server.notary import LEASE_MS
from server.office import Office
from server.rounds import notarise
from server.settings import Limits
from server.tables import METADATA
from sync.protocol import OPS_PER_DAY_MAX
from tests.server.rim.company import PASSWORD, Company, newcomer
from tests.server.rim.lane import Lane, jpeg, photos, rows_of, sha256
from tests.server.rim.test_round_trip import accept, begun, job
from tests.server.rim.test_sign_in import login

LIMITS: Final = Limits(logins_per_window=3, enrolments_per_address=2)

Both = tuple[Company, Company]


@pytest.fixture
def both(postgres_copy: str, tmp_path: Path) -> Iterator[Both]:
    """Two servers in one folder, on one database."""
    given: dict[str, Any] = {"database": postgres_copy, "threads": 4, "limits": LIMITS}
    one, other = (Company(tmp_path / "data", **given) for _ in range(2))
    other.random.seed(8)
    with one.client, other.client:
        yield one, other


def on(both: Both, ms: int) -> None:
    """Time goes on, for both."""
    for one in both:
        one.now_ms += ms


def at_once(both: Both, act: Callable[[Office], Any]) -> list[Any]:
    """Both processes at the same moment."""
    gate = Barrier(2)

    def run(company: Company) -> Any:
        gate.wait(60)
        return act(company.office)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, both))


def test_who_signed_in_at_one_is_known_to_both_and_after_signing_out_to_neither(
    both: Both,
) -> None:
    one, other = both
    headers = one.signed_in("dispatcher")
    assert other.client.get("/api/tickets", headers=headers).status_code == 200
    assert other.client.post("/api/logout", headers=headers).status_code == 204
    assert one.client.get("/api/tickets", headers=headers).status_code == 401


def test_tries_count_for_both_together(both: Both) -> None:
    one, other = both
    one.set_password("dispatcher")
    told = [login(each, "dispatcher", "wrong")[0] for each in (one, other, one)]
    assert told == [401] * 3
    assert [login(each, "dispatcher", PASSWORD)[0] for each in both] == [429, 429]


def test_a_door_that_was_tried_too_often_is_closed_at_both(both: Both) -> None:
    one, other = both
    key = one.phone().key  # which is a try
    told = [each.client.post("/enrol", json=newcomer("x", key)) for each in (other, one, other)]
    assert [answer.status_code for answer in told] == [403, 429, 429]


def test_a_days_ops_and_a_revocation_count_at_both(both: Both) -> None:
    """C65, R10."""
    one, other = both
    phone, order = one.phone(), job(one)
    first = begun(one, phone)
    with other.office.writing() as books:
        key = f"ops|{phone.device}"
        throttle.strike_today(books, [(key, OPS_PER_DAY_MAX, OPS_PER_DAY_MAX)], one.now_ms)
    told = {"token": first.token, "ops": [accept(one, phone, order)]}
    content, headers = msgspec.json.encode(phone.request(**told)), phone.headers()
    for each in both:
        assert each.client.post("/sync", content=content, headers=headers).status_code == 429
    other.office.revoke(phone.device, other.people["dispatcher"])
    asks = msgspec.json.encode(phone.request(token=first.token, pull=True))
    answer = one.client.post("/sync", content=asks, headers=headers)
    assert (answer.status_code, answer.json()["revoked"]) == (200, True)


def test_what_both_would_say_of_a_photo_is_said_once(both: Both) -> None:
    one, _ = both
    lane, order = Lane(one), job(one)
    pictures = [jpeg(number) for number in range(4)]
    for picture in pictures:
        lane.say(lane.photo(order, picture))
        lane.upload(picture)
        on(both, LEASE_MS + 1)  # nobody's lease stands in the way
        at_once(both, lambda office: arrivals.announce(office, office.seal().holder))
    on(both, LEASE_MS + 1)
    at_once(both, lambda office: arrivals.announce(office, office.seal().holder))
    assert photos(one) == {sha256(picture): (True, "") for picture in pictures}
    said = [row for row in rows_of(one, "op") if row.kind == "photo.arrive"]
    assert [row.verdict for row in said] == ["applied"] * len(pictures)


def test_two_notaries_number_every_leaf_once(both: Both) -> None:
    leaf = METADATA.tables["leaf"]
    for number in range(4):
        for each in both:
            each.put("customer", each.new_id(), name=f"No. {number}", type="organisation")
        on(both, LEASE_MS + 1)
        at_once(both, lambda office: notarise(office, office.seal()))
    on(both, LEASE_MS + 1)
    at_once(both, lambda office: notarise(office, office.seal()))
    with both[0].office.reading() as books:
        numbers = list(books.scalars(leaf.select().with_only_columns(leaf.c.number)))
        sizes = [row.size for row in books.execute(METADATA.tables["tree_head"].select())]
    assert sorted(numbers) == list(range(len(numbers)))
    assert max(sizes) == len(numbers)
    assert len(sizes) == len(set(sizes))
