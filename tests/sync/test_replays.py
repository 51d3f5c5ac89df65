"""After an upgrade the server judges again what it could not judge, with what waited behind it."""

from typing import Any

import msgspec
import pytest
from msgspec import structs

from shared.kinds import REGISTRY
from shared.notes import Note
from shared.ops import Op, encode
from shared.people import OpState
from shared.records import State
from shared.registry import Act, Outcome, Registry
from shared.work_order import Completion, WorkOrder
from sync.memory import MemoryPhone
from sync.ports import Outboxed
from sync.replays import Upgrade, judge_again
from sync.tokens import is_ours
from tests.world import ANN, ARGS_OF, DORA, KEYS, MemoryServer, World


def without(*names: str, registry: Registry = REGISTRY) -> Registry:
    """The rules of a release that did not have these kinds yet."""
    return Registry(
        (kind for kind in registry.kinds.values() if kind.name not in names), registry.absorbs
    )


def with_rule(name: str, **changes: Any) -> Registry:
    """The rules of another release, in which one kind is otherwise."""
    kinds = {**REGISTRY.kinds, name: structs.replace(REGISTRY.kinds[name], **changes)}
    return Registry(kinds.values(), REGISTRY.absorbs)


def broken(_state: State, _act: Act) -> Outcome:
    raise ZeroDivisionError


class Story:
    """A phone whose app is ahead of its server: a job, and acts that the server may not know."""

    def __init__(self, older: Registry) -> None:
        self.world = World()
        self.order = self.world.job(ANN)
        phone = self.world.phone(ANN)
        assert isinstance(phone, MemoryPhone)
        self.phone = phone
        self.world.sync(phone)
        self.taps("accept", "depart", "arrive")
        self.world.sync(phone)
        self.world.server_registry = older

    def taps(self, *verbs: str) -> None:
        self.world.taps(self.phone, self.order, *verbs)

    def say(self, kind: str, args: Any) -> Outboxed:
        said = self.world.tap(self.phone, kind, ("work_order", self.order), args)
        assert isinstance(said, Outboxed), said
        return said

    def since(self) -> list[Outboxed]:
        """What was recorded since the technician came."""
        return self.phone.all_ops()[3:]

    def sync(self) -> list[tuple[str, str | None, str | None]]:
        self.world.sync(self.phone)
        return [(one.kind, one.verdict, one.code) for one in self.since()]

    def verdicts(self) -> list[str | None]:
        return [verdict for _, verdict, _ in self.sync()]

    def op_id(self, place: int) -> str:
        return self.since()[place].op_id

    def again(self, place: int, registry: Registry = REGISTRY, **more: Any) -> str | None:
        self.world.server_registry = registry
        upgrade = Upgrade(
            app="fieldfare 9", registry=registry, act="act", received=self.world.tick(), **more
        )
        with self.world.server.writing() as authority:
            return judge_again(authority, upgrade, self.op_id(place))

    def rows(self, kind: type) -> list[Any]:
        server = self.world.server
        assert isinstance(server, MemoryServer)
        return [row for (one, _), row in server.books.pages.rows.items() if one is kind]

    def status(self) -> str:
        (order,) = self.rows(WorkOrder)
        return str(order.status)


def test_an_op_of_a_later_release_is_applied_once_the_server_knows_its_verb() -> None:
    """C20."""
    story = Story(without("work_order.start"))
    story.taps("start")
    story.say("note.add", {"text": "hot", "audience": "internal"})
    story.taps("pause", "resume")
    assert story.sync() == [
        ("work_order.start", "quarantined", "future_kind"),
        ("note.add", "applied", None),  # facts flow
        ("work_order.pause", "held", "behind"),
        ("work_order.resume", "held", "behind"),
    ]
    assert story.again(0) == "applied"
    assert story.verdicts() == ["applied"] * 4
    assert story.status() == "working"
    (told,) = [row for row in story.rows(OpState) if row.id == story.op_id(0)]
    assert (told.verdict, told.by_op) == ("applied", "act")
    assert not story.phone.unsettled_on({("work_order", story.order)})


def test_the_verdict_says_which_version_judged_again() -> None:
    story = Story(without("note.add"))
    story.say("note.add", {"text": "hot", "audience": "internal"})
    story.sync()
    story.again(0)
    with story.world.server.writing() as authority:
        found = authority.recall({story.op_id(0)})[story.op_id(0)]
    assert (found.verdict, found.n) == ("applied", 2)
    assert found.detail == {"judged_again_by": "fieldfare 9"}


def test_what_is_behind_is_judged_by_the_state_of_today() -> None:
    story = Story(without("work_order.start"))
    story.taps("start", "pause")
    assert story.verdicts() == ["quarantined", "held"]
    said = {"reason": "sold"}
    story.world.must(story.world.office("work_order.cancel", ("work_order", story.order), said))
    assert story.again(0) == "conflict"
    assert story.verdicts() == ["conflict", "conflict"]
    assert story.status() == "cancelled"


def test_it_counts_as_done_when_it_was_done_and_not_when_it_was_understood() -> None:
    story = Story(without("note.add"))
    done_at = story.world.now_ms + 1_000
    story.say("note.add", {"text": "hot", "audience": "internal"})
    story.world.tick(86_400_000)
    story.sync()
    story.world.tick(86_400_000)
    story.again(0)
    (note,) = story.rows(Note)
    assert 0 <= note.at - done_at <= 1_000  # as far as the phone's clocks tell


def test_one_that_is_still_not_understood_stays_as_it_is() -> None:
    older = without("work_order.start")
    story = Story(older)
    story.taps("start", "pause")
    story.sync()
    assert story.again(0, older) is None
    assert story.sync() == [
        ("work_order.start", "quarantined", "future_kind"),
        ("work_order.pause", "held", "behind"),
    ]


def test_a_later_version_of_a_known_verb_waits_for_it() -> None:
    today = with_rule("note.add", version=2, upcasts=(lambda args: args,))
    story = Story(REGISTRY)
    body = encode(
        Op(
            id=story.world.name(),
            kind="note.add",
            v=2,
            on=("work_order", story.order),
            by=ANN,
            origin="device",
            at=story.world.clock(story.phone),
            salt="1" * 32,
            args=msgspec.Raw(b'{"text":"hot","audience":"internal"}'),
        )
    )
    story.say("note.add", {"text": "cold", "audience": "internal"})
    first = story.since()[0]
    told = msgspec.json.decode(body)
    story.phone.append(structs.replace(first, lseq=5, op_id=told["id"], body=body, fingerprint="x"))
    assert [code for _, _, code in story.sync()] == [None, "future_version"]
    assert story.again(1, today) == "applied"
    assert sorted(note.text for note in story.rows(Note)) == ["cold", "hot"]


def test_what_a_rule_broke_on_is_judged_by_the_rule_that_was_put_right() -> None:
    story = Story(with_rule("work_order.start", reduce=broken))
    story.taps("start", "pause")
    assert [code for _, _, code in story.sync()] == ["crashed", "behind"]
    heard: list[str] = []
    still = with_rule("work_order.start", reduce=broken)
    assert story.again(0, still, on_crash=lambda op_id, _: heard.append(op_id)) is None
    assert heard == [story.op_id(0)]
    assert story.again(0, still) is None
    assert story.again(0) == "applied"
    assert story.verdicts() == ["applied", "applied"]


def test_what_breaks_a_rule_behind_it_is_set_aside_by_itself() -> None:
    story = Story(without("work_order.start"))
    story.taps("start", "pause", "resume")
    story.sync()
    heard: list[str] = []
    newer = with_rule("work_order.pause", reduce=broken)
    assert story.again(0, newer, on_crash=lambda op_id, _: heard.append(op_id)) == "applied"
    assert heard == [story.op_id(1)]
    assert story.sync() == [
        ("work_order.start", "applied", None),
        ("work_order.pause", "quarantined", "crashed"),
        ("work_order.resume", "held", "behind"),
    ]
    assert story.again(1) == "applied"
    assert story.verdicts() == ["applied"] * 3


def test_what_a_rule_breaks_on_behind_it_is_set_aside_without_a_log_as_well() -> None:
    story = Story(without("work_order.start"))
    story.taps("start", "pause")
    story.sync()
    assert story.again(0, with_rule("work_order.pause", reduce=broken)) == "applied"
    assert story.verdicts() == ["applied", "quarantined"]


def test_a_step_understood_before_the_one_it_follows_waits_for_that() -> None:
    story = Story(without("work_order.start", "work_order.pause"))
    story.taps("start", "pause", "resume")
    assert story.verdicts() == ["quarantined", "quarantined", "held"]
    assert story.again(0, without("work_order.start")) is None
    assert story.again(1, without("work_order.start")) == "held"
    assert story.again(1) is None  # it goes on by itself
    assert story.sync()[1] == ("work_order.pause", "held", "behind")
    assert story.again(0) == "applied"
    assert story.verdicts() == ["applied"] * 3
    assert story.status() == "working"


@pytest.mark.parametrize("verb", ["op.discard", "op.repair"])
def test_what_a_person_has_settled_is_never_touched(verb: str) -> None:
    story = Story(without("note.add"))
    said = story.say("note.add", {"text": "hot", "audience": "internal"})
    story.sync()
    args: dict[str, Any] = {"of": said.op_id, "reason": "twice"}
    if verb == "op.repair":
        answer = {"item": "leaks", "value": "pass"}
        args = {"of": said.op_id, "body_fingerprint": said.fingerprint, "kind": "checklist.answer"}
        args |= {"v": 1, "on": ["work_order", story.order], "args": answer}
    mended = story.world.office(verb, ("op", said.op_id), args, by=DORA)
    story.world.must(mended)
    before = story.sync()
    assert story.again(0) is None
    assert story.sync() == before


def test_an_op_that_nobody_has_is_nothing_to_judge() -> None:
    story = Story(REGISTRY)
    story.say("note.add", {"text": "hot", "audience": "internal"})
    assert story.again(0) is None


def test_a_mend_that_was_not_understood_mends_once_it_is() -> None:
    story = Story(without("op.discard", "work_order.start"))
    story.taps("start", "pause")
    bad = story.op_id(0)
    story.sync()
    said = {"of": bad, "reason": "by mistake"}
    assert isinstance(story.world.tap(story.phone, "op.discard", ("op", bad), said), Outboxed)
    assert story.verdicts() == ["quarantined", "held", "quarantined"]
    assert story.again(2, without("work_order.start")) == "applied"
    assert story.sync() == [
        ("work_order.start", "rejected", "discarded"),
        ("work_order.pause", "conflict", "illegal_status"),
        ("op.discard", "applied", None),
    ]


def test_an_op_of_the_office_that_a_rule_broke_on_is_judged_again() -> None:
    story = Story(with_rule("ticket.open", reduce=broken))
    args = {"customer": None, "site": None, "problem": "cold", "channel": "phone"}
    (order,) = story.rows(WorkOrder)
    args |= {"customer": order.customer_id, "site": order.site_id, "priority": "normal"}
    ticket = story.world.office("ticket.open", ("ticket", ""), args)
    assert (ticket.verdict, ticket.code) == ("quarantined", "crashed")
    upgrade = Upgrade(app="9", registry=REGISTRY, act="act", received=story.world.tick())
    with story.world.server.writing() as authority:
        assert judge_again(authority, upgrade, ticket.id) == "applied"
        found = authority.recall({ticket.id})[ticket.id]
    assert found.detail == {"judged_again_by": "9", "number": "T-26-000002"}


def test_a_verb_that_turns_out_to_be_the_offices_alone_is_rejected() -> None:
    story = Story(without("note.add"))
    story.say("note.add", {"text": "hot", "audience": "internal"})
    story.sync()
    assert story.again(0, with_rule("note.add", device=False)) == "rejected"
    assert story.sync() == [("note.add", "rejected", "not_permitted")]


def test_the_evidence_it_came_with_is_looked_at_as_it_would_have_been_then() -> None:
    story = Story(without("note.add"))
    story.say("note.add", {"text": "hot", "audience": "internal"})
    story.say("note.add", {"text": "hotter", "audience": "internal"})
    story.sync()
    story.again(0, is_ours=lambda stamp, device: is_ours(stamp, KEYS, device))
    story.again(1, is_ours=lambda _stamp, _device: False)
    with story.world.server.writing() as authority:
        found = authority.recall({story.op_id(0), story.op_id(1)})
    assert [flag.code for flag in found[story.op_id(0)].flags] == []
    assert [flag.code for flag in found[story.op_id(1)].flags] == ["no_evidence"]


def test_no_upgrade_lets_in_what_a_revoked_phone_handed_in() -> None:
    story = Story(without("note.add"))
    story.say("note.add", {"text": "hot", "audience": "internal"})
    callers = story.world.callers
    callers[id(story.phone)] = structs.replace(callers[id(story.phone)], revoked=True)
    assert story.sync() == [("note.add", "quarantined", "revoked")]
    assert story.again(0) is None


def test_a_report_of_a_later_release_reaches_a_job_that_was_given_away_as_evidence() -> None:
    story = Story(without("work_order.complete"))
    story.taps("start")
    story.say("work_order.complete", ARGS_OF["complete"])
    assert story.verdicts()[-1] == "quarantined"
    said = {"person": ANN, "reason": "ill"}
    story.world.must(story.world.office("work_order.unassign", ("work_order", story.order), said))
    assert story.again(1) == "conflict"
    assert [report.outcome for report in story.rows(Completion)] == ["done"]
