"""A server that is brought to a later release judges by itself what the older one could not."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

import fieldfare
from server import administration, auditor, notary, replays, rounds
from server.api.pacing import paced
from server.office import Office, Release
from server.queries import upgrades
from shared.kinds import REGISTRY
from shared.registry import Registry
from tests.server.rim.company import Company
from tests.server.rim.test_office_ops import say, verdicts
from tests.server.rim.test_round_trip import accept, begun, job, talk
from tests.server.rim.test_waiting_ops import listed


def without(*names: str) -> Registry:
    kinds = (kind for kind in REGISTRY.kinds.values() if kind.name not in names)
    return Registry(kinds, REGISTRY.absorbs)


def refusing(kind: str) -> Registry:
    """A release in which even looking at what a verb needs breaks down."""

    def broken(_reach: Any) -> tuple[()]:
        raise ZeroDivisionError

    kinds = {**REGISTRY.kinds, kind: structs.replace(REGISTRY.kinds[kind], refs=broken)}
    return Registry(kinds.values(), REGISTRY.absorbs)


OLDER = Release(app="fieldfare 1", registry=without("work_order.accept"))
NEWER = Release(app="fieldfare 2")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    """A server of an older release on either database, without a thread of its own beside it."""
    kind = "" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    yield from opened(tmp_path / "data", database=kind)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Company]:
    """The same where the database makes no difference."""
    yield from opened(tmp_path / "data", database="")


def opened(folder: Path, **given: Any) -> Iterator[Company]:
    """A server of an older release, whose own rounds are not gone: each test goes them itself."""
    made = Company(folder, threads=4, release=OLDER, **given)
    made.app.state["paces"] = paced(2, time.monotonic)
    yield made
    made.office.close()


def push(company: Company, kinds: int = 2) -> list[dict[str, Any]]:
    """A phone hands in so many acceptances of jobs of its own, none of which is understood."""
    phone = company.phone()
    first = begun(company, phone)
    ops = [accept(company, phone, job(company)) for _ in range(kinds)]
    ops = [{**op, "lseq": place} for place, op in enumerate(ops, 1)]
    told = talk(company, phone, token=first.token, ops=ops)
    assert [one.code for one in told.results] == ["future_kind"] * kinds
    return ops


def upgraded(company: Company, release: Release) -> Office:
    return structs.replace(company.office, release=release)


def go(office: Office, way: replays.Round | None = None) -> dict[str, int]:
    way = way or replays.Round(holder="a")
    while not way.over:
        replays.judge_some(office, way)
    return dict(way.told)


def tried(office: Office, ops: list[dict[str, Any]]) -> list[int]:
    with office.reading() as books:
        return [upgrades.tries(books, op["id"]) for op in ops]


def holds(office: Office) -> bool:
    """Whether the audit log and the books agree."""
    seal = office.seal()
    with office.writing() as books:
        notary.notarise(books, seal, office.now_ms() + 2_000)
    with office.reading() as books:
        report = auditor.verify(books, {seal.key: seal.signer.public_key()})
    return report.fault is None


def test_what_an_older_release_could_not_judge_is_judged_and_the_log_says_by_what(
    company: Company,
) -> None:
    ops = push(company)
    office = upgraded(company, NEWER)
    assert go(office) == {"applied": 2}
    assert listed(company)["items"] == []
    with office.reading() as books:
        events = books.exec_driver_sql(
            "SELECT on_id, body FROM op WHERE kind = 'op.judge_again' ORDER BY on_id"
        ).all()
    assert [op_id for op_id, _ in events] == sorted(op["id"] for op in ops)
    assert all(b'"app":"fieldfare 2"' in bytes(body) for _, body in events)
    assert tried(office, ops) == [0, 0]
    assert holds(office)


def test_one_that_no_release_can_judge_is_counted_and_tried_once_by_each(company: Company) -> None:
    ops = push(company)
    same = [structs.replace(OLDER, app=f"fieldfare 1.{place}") for place in (1, 2)]
    assert go(upgraded(company, same[0])) == {"still": 2}
    assert go(upgraded(company, same[0])) == {}
    asked = replays.Round(holder="a", asked=True)
    assert go(upgraded(company, same[0]), asked) == {}
    assert go(upgraded(company, same[1])) == {"still": 2}
    assert tried(company.office, ops) == [2, 2]
    assert holds(company.office)
    assert go(upgraded(company, NEWER)) == {"applied": 2}


def test_what_came_while_a_release_was_there_it_does_not_try_at_its_next_start(
    small: Company,
) -> None:
    assert go(small.office) == {}
    push(small)
    assert go(small.office) == {}


def test_what_a_person_settled_meanwhile_stays_as_they_settled_it(small: Company) -> None:
    first, second = push(small)
    discard = {"of": first["id"], "reason": "by mistake"}
    op = {"id": small.new_id(), "kind": "op.discard", "on": ["op", first["id"]], "args": discard}
    assert verdicts(say(small, "dispatcher", op)) == ["applied"]
    assert go(upgraded(small, NEWER)) == {"applied": 1}
    with small.office.reading() as books:
        (told,) = books.exec_driver_sql(
            f"SELECT code FROM op WHERE op_id = '{first['id']}'"
        ).scalars()
    assert told == "discarded"
    assert second["id"] not in {item["id"] for item in listed(small)["items"]}


def test_killed_between_two_ops_the_next_start_goes_on_with_those_that_are_left(
    small: Company,
) -> None:
    push(small)
    office = upgraded(small, NEWER)
    calls: list[int] = []

    def dies_at_the_second() -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return office.writing()

    with pytest.raises(KeyboardInterrupt):
        go(structs.replace(office, writing=dies_at_the_second))
    assert len(listed(small)["items"]) == 1
    assert go(office) == {"applied": 1}
    assert holds(office)


def test_only_one_process_does_it_at_a_time(small: Company) -> None:
    push(small)
    office = upgraded(small, NEWER)
    with office.writing() as books:
        notary.take_lease(books, replays.LEASE, "b", office.now_ms())
    way = replays.Round(holder="a")
    assert replays.judge_some(office, way) == 0
    assert (way.over, dict(way.told)) == (False, {})
    assert administration.judged_again(office).code == "busy"  # type: ignore[union-attr]
    small.now_ms += notary.LEASE_MS + 1
    assert go(office, way) == {"applied": 2}


def test_one_on_which_everything_breaks_does_not_keep_the_others_back(small: Company) -> None:
    push(small)
    office = upgraded(small, Release(app="3", registry=refusing("work_order.accept")))
    way = replays.Round(holder="a")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            replays.judge_some(office, way)
    assert go(office, way) == {}
    assert len(listed(small)["items"]) == 2


def test_by_command_it_is_told_what_came_of_it(small: Company) -> None:
    push(small)
    told = {"app": "fieldfare 2", "judged_again": {"applied": 2}}
    assert administration.judged_again(upgraded(small, NEWER)) == told
    nothing = {"app": "fieldfare 2", "judged_again": {}}
    assert administration.judged_again(upgraded(small, NEWER)) == nothing


def test_the_command_does_it_where_no_server_runs(
    small: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    push(small)
    assert fieldfare.main(["judge-again", "--data", str(small.settings.data)]) == fieldfare.DONE
    assert msgspec.json.decode(capsys.readouterr().out)["judged_again"] == {"applied": 2}
    assert listed(small)["items"] == []


class OneRound(threading.Event):
    """Lets the server's own thread go round once."""

    def wait(self, timeout: float | None = None) -> bool:
        was = self.is_set()
        self.set()
        return was


def test_a_server_that_starts_does_it_by_itself(small: Company) -> None:
    push(small)
    rounds.keep_on(upgraded(small, NEWER), small.office.seal(), OneRound())
    assert listed(small)["items"] == []
