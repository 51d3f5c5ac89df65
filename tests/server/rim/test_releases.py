"""An app and a server of different releases talk: what one does not know harms nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mobile import database
from mobile.replica import Replica
from server import replays
from server.api.sync import is_before
from shared.clock import At
from shared.errors import Refused
from shared.kinds import REGISTRY
from shared.notes import Note
from shared.registry import Ref, by
from shared.work_order import WorkOrder
from sync.digest import NO_ROWS, row_sums
from sync.ports import Identity, Wanted
from sync.protocol import Request, decode_reply, encode
from sync.recording import Draft, record
from sync.session import Summary, Surroundings, converse
from tests.server.rim.company import Company, Phone
from tests.server.rim.test_round_trip import job
from tests.server.rim.test_upgrades import NEWER, opened, upgraded

Amend = Callable[[Any], Any]


def as_it_is(reply: Any) -> Any:
    return reply


class App:
    """An app with its file, talking to the server over HTTP."""

    def __init__(self, company: Company, folder: Path, *, name: str = "fieldfare 0.1.0") -> None:
        self.company, self.name, self.count = company, name, 0
        self.phone: Phone = company.phone()
        self.connection = database.connect(folder / "phone.db")
        person = company.people["technician"]
        identity = Identity(device=self.phone.device, person=person, incarnation="inc-1")
        database.identify(self.connection, identity)
        self.replica = Replica(self.connection)

    def clock(self) -> At:
        return At(wall=self.company.now_ms, boot="b", mono=1, src="boottime")

    def tap(self, order: str, kind: str, args: Any = None) -> str:
        self.company.now_ms += 1_000
        identity = self.company.new_id()
        on = ("work_order", order)
        draft = Draft(
            id=identity, kind=kind, on=on, args=args or {}, at=self.clock(), salt="0" * 32
        )
        done = record(self.replica, REGISTRY, draft)
        assert not isinstance(done, Refused), done
        return identity

    def sync(self, amend: Amend = as_it_is) -> Summary:
        talk = converse(
            self.replica, Surroundings(now=self.clock, name=self.company.new_id, app=self.name)
        )
        try:
            request = next(talk)
            while True:
                request = talk.send(decode_reply(self.ask(request, amend)))
        except StopIteration as end:
            summary: Summary = end.value
            return summary

    def ask(self, request: Request, amend: Amend = as_it_is) -> bytes:
        answer = self.company.client.post(
            "/sync", content=encode(request), headers=self.phone.headers()
        )
        assert answer.status_code == 200, answer.text
        return msgspec.json.encode(amend(msgspec.json.decode(answer.content)))

    def refused(self) -> tuple[int, str]:
        """With what the next question is turned away."""
        with self.replica.transaction():
            identity = self.replica.identity()
        asked = Request(
            protocol=1,
            app=self.name,
            device=identity.device,
            incarnation=identity.incarnation,
            clock=self.clock(),
            token=identity.token,
            pull=True,
        )
        answer = self.company.client.post(
            "/sync", content=encode(asked), headers=self.phone.headers()
        )
        return (answer.status_code, answer.json()["code"])

    def verdicts(self) -> list[tuple[str, str | None, str | None]]:
        with self.replica.transaction():
            return [(one.kind, one.verdict, one.code) for one in self.replica.all_ops()]

    def shown(self, kind: type[Any], order: str) -> list[Any]:
        refs: frozenset[Ref] = frozenset({(Note, by("work_order_id", order)), (Note, "n-1")})
        with self.replica.transaction():
            wanted = Wanted(aggregates=frozenset({("work_order", order)}), refs=refs)
            return list(self.replica.load(wanted, base=False).all(kind))

    def kept(self, table: str) -> list[bytes]:
        """The bytes of the rows of a table as they are on the phone."""
        found = self.connection.execute("SELECT base FROM row WHERE tbl = ?", (table,))
        return [body for (body,) in found.fetchall()]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    yield from opened(tmp_path / "data")


@pytest.fixture
def app(company: Company, tmp_path: Path) -> Iterator[App]:
    made = App(company, tmp_path)
    yield made
    made.connection.close()


def test_an_app_ahead_of_its_server_hands_in_all_and_hears_what_became_of_it_later(
    company: Company, app: App
) -> None:
    order = job(company)
    app.sync()
    for verb in ("accept", "depart", "arrive", "start"):
        app.tap(order, f"work_order.{verb}")
    app.tap(order, "note.add", {"text": "hot", "audience": "internal"})
    app.sync()
    waiting = [
        ("work_order.accept", "quarantined", "future_kind"),
        ("work_order.depart", "applied", None),
        ("work_order.arrive", "applied", None),
        ("work_order.start", "held", "behind"),
        ("note.add", "applied", None),
    ]
    assert app.verdicts() == waiting
    replays.judge_some(upgraded(company, NEWER), replays.Round(holder="a"))
    assert app.sync().checksum_ok
    assert [verdict for _, verdict, _ in app.verdicts()] == ["applied"] * 5
    assert [one.status for one in app.shown(WorkOrder, order)] == ["working"]


def from_the_future(reply: Any) -> Any:
    """The same answer from a server of a later release, which knows more of everything."""
    for page in reply.get("streams", ()):
        page["rows"] = [_grown(row) for row in page["rows"]]
        if page["stream"].startswith("wo:"):
            page["rows"].append(["drone", "d-1", {"id": "d-1", "version": 1, "battery": 80}])
            page["rows"].append(["note", "n-1", {"id": "n-1", "version": 1, "audience": "drones"}])
        if page.get("sums"):
            page["sums"] = _sums(page["rows"])
        page["weather"] = "rain"
    for result in reply.get("results", ()):
        result["mood"] = ["good"]
    stream = {"stream": "drone:d-1", "kind": "snapshot", "since": 0, "to": 1, "head": 1}
    reply.setdefault("streams", []).append({**stream, "rows": [], "sums": [0, 0]})
    return {**reply, "advice": {"update": True}, "stamp": {**reply["stamp"]}}


def _grown(row: Any) -> Any:
    table, identity, body = row
    return [table, identity, body and {**body, "colour": "红"}]


def _sums(rows: Any) -> list[int]:
    total = list(NO_ROWS)
    for table, identity, body in rows:
        sums = row_sums(table, identity, msgspec.json.encode(body))
        total = [(one + other) % 2**32 for one, other in zip(total, sums, strict=True)]
    return total


def test_an_app_behind_its_server_shows_what_it_knows_and_keeps_the_rest_as_it_came(
    company: Company, app: App
) -> None:
    order = job(company)
    assert app.sync(from_the_future).checksum_ok
    (shown,) = app.shown(WorkOrder, order)
    (kept,) = app.kept("work_order")
    assert msgspec.json.decode(kept) == {**msgspec.to_builtins(shown), "colour": "红"}
    assert app.kept("drone") == [b'{"id":"d-1","version":1,"battery":80}']
    assert app.shown(Note, order) == []  # one for whom nobody here knows an audience
    app.tap(order, "note.add", {"text": "hot", "audience": "internal"})
    app.sync(from_the_future)
    assert app.verdicts() == [("note.add", "applied", None)]
    assert [note.text for note in app.shown(Note, order)] == ["hot"]


def test_a_verdict_that_the_app_does_not_know_leaves_the_act_waiting(
    company: Company, app: App
) -> None:
    order = job(company)
    app.sync()
    app.tap(order, "note.add", {"text": "hot", "audience": "internal"})

    def pondering(reply: Any) -> Any:
        for result in reply.get("results", ()):
            result["verdict"] = "pondered"
        return reply

    assert app.sync(pondering).rounds == 1  # it does not offer it again and again
    assert app.verdicts() == [("note.add", None, None)]
    app.sync()
    assert app.verdicts() == [("note.add", "applied", None)]


@pytest.mark.parametrize(
    ("app", "oldest", "before"),
    [
        ("fieldfare 0.9.3", "1.0", True),
        ("fieldfare 1.0.0", "1.0", False),
        ("fieldfare 1.9.9", "1.10.0", True),
        ("fieldfare 2", "1.10.0", False),
        ("fieldfare 0.0.1", "", False),
        ("somebody's own program", "1.0", False),
    ],
)
def test_versions_are_numbers(app: str, oldest: str, before: bool) -> None:
    assert is_before(app, oldest) is before


def test_an_app_that_is_too_old_hands_in_and_is_then_told_to_be_updated(tmp_path: Path) -> None:
    company = Company(tmp_path / "data", threads=4, oldest_app="0.2.0")
    with company.client:
        order = job(company)
        newer, older = (
            App(company, folder(tmp_path, name), name=name) for name in ("0.2.0", "0.1.9")
        )
        newer.sync()
        newer.name = "fieldfare 0.1.9"  # as if the office had raised the bar since
        newer.tap(order, "note.add", {"text": "hot", "audience": "internal"})
        summary = newer.sync()
        assert (dict(summary.verdicts), summary.pulled_rows) == ({"applied": 1}, 0)
        for app in (newer, older):
            assert app.refused() == (426, "app_outdated")
        newer.tap(order, "note.add", {"text": "hotter", "audience": "internal"})
        newer.sync()
        newer.name = "fieldfare 0.2.0"
        assert newer.sync().checksum_ok
        assert sorted(note.text for note in newer.shown(Note, order)) == ["hot", "hotter"]


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made
