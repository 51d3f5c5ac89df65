"""Messages: what a customer is to be told waits until somebody says that they were."""

from pathlib import Path
from typing import Any, Final

import pytest
from msgspec import structs

from server.texts import read_catalogue
from shared.errors import Refused
from shared.kinds import REGISTRY
from shared.messages import (
    BY_HAND,
    CHANNELS,
    GROUP,
    STATES,
    TELLS,
    TEMPLATES,
    Message,
    is_whole,
    render,
)
from shared.people import Person
from shared.policy import EVENTS
from shared.registry import Emit, Outcome
from shared.texts import LANGUAGES, Catalogue, Plural
from tests.shared.company import (
    ANN,
    BEN,
    DORA,
    NOW,
    ORDER,
    TICKET,
    act,
    done,
    ident,
    refusal,
    refused,
    state,
)

TEXTS: Final = Path(__file__).resolve().parents[2] / "assets" / "texts"
QUEUED: Final = Message(
    id=ident("message"),
    ticket_id=TICKET.id,
    template="progress",
    language="zh",
    to="陈美玲",
    phone="138 0013 8000",
    text="配件明天到",
    channel="copy",
    state="queued",
    by=DORA.id,
    at=NOW,
    changed_by=DORA.id,
    changed_at=NOW,
)
ASKED: Final[dict[str, Any]] = {
    "ticket": TICKET.id,
    "template": "progress",
    "text": " 配件明天到 ",
    "language": "zh",
    "to": "陈美玲",
    "phone": "138 0013 8000",
}


def on(message: Message, kind: str, by: Person = DORA, /, **args: Any) -> Any:
    return act(kind, args, on=("message", message.id), by=by)


def standing(state_: str, **more: Any) -> Message:
    return structs.replace(QUEUED, state=state_, **more)


def became(message: Message, kind: str, by: Person = DORA, /, **args: Any) -> Message:
    (row,) = done(state(message), on(message, kind, by, **args)).rows
    assert isinstance(row, Message)
    return row


def test_what_a_customer_is_to_be_told_waits_as_it_was_worded() -> None:
    asking = act("message.queue", ASKED, on=("message", QUEUED.id), by=DORA)
    expected = structs.replace(QUEUED, at=asking.at, changed_at=asking.at)
    assert done(state(), asking).rows == (expected,)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"ticket": ident("none")}, ("unknown_subject", "args.ticket")),
        ({"text": "\u202e"}, ("not_text", "args.text")),
        ({"text": " "}, ("not_text", "args.text")),
    ],
)
def test_a_message_about_nothing_or_with_nothing_in_it_is_refused(
    wrong: dict[str, Any], expected: tuple[str, str]
) -> None:
    asking = act("message.queue", {**ASKED, **wrong}, on=("message", QUEUED.id), by=DORA)
    assert refusal(state(), asking) == expected


@pytest.mark.parametrize("before", ["queued", "failed", "cancelled"])
def test_that_somebody_was_told_is_a_fact_whatever_was_decided_meanwhile(before: str) -> None:
    told = became(standing(before, why="x"), "message.send", channel="technician_sms")
    assert told == structs.replace(
        QUEUED, state="sent", channel="technician_sms", changed_at=NOW + 1000
    )


def test_what_was_sent_may_be_known_to_have_arrived_later() -> None:
    sent = standing("sent", reference="g-7")
    assert became(sent, "message.send", delivered=True) == structs.replace(
        sent, state="delivered", changed_at=NOW + 1000
    )
    assert done(state(sent), on(sent, "message.send")).merged
    arrived = standing("delivered")
    assert done(state(arrived), on(arrived, "message.send")).merged
    assert done(state(arrived), on(arrived, "message.send", delivered=True)).merged


def test_what_did_not_arrive_waits_again_with_the_reason() -> None:
    for before in ("queued", "sent"):
        failed = became(standing(before), "message.fail", why=" 号码已停机 ")
        assert (failed.state, failed.why) == ("failed", "号码已停机")
    for before in ("failed", "delivered", "cancelled"):
        over = standing(before)
        assert done(state(over), on(over, "message.fail", why="x")) == Outcome(merged=True)


def test_what_nobody_was_told_yet_may_be_called_off() -> None:
    for before in ("queued", "failed"):
        off = became(standing(before), "message.cancel", why="已当面告知")
        assert (off.state, off.why, off.changed_by) == ("cancelled", "已当面告知", DORA.id)
    assert done(state(standing("cancelled")), on(QUEUED, "message.cancel")).merged
    for before in ("sent", "delivered"):
        assert refused(state(standing(before)), on(QUEUED, "message.cancel")) == Refused(
            code="told_already", grounds="state"
        )


@pytest.mark.parametrize("kind", ["message.send", "message.fail", "message.cancel"])
def test_a_message_that_is_not_there_is_refused(kind: str) -> None:
    args = {"why": "x"} if kind == "message.fail" else {}
    assert refusal(state(), on(QUEUED, kind, **args)) == ("unknown_subject", "on")


def test_in_the_field_somebody_speaks_of_the_customers_of_their_own_jobs() -> None:
    mine = {"work_order": ORDER.id}
    assert became(QUEUED, "message.send", ANN, **mine).changed_by == ANN.id
    assert became(QUEUED, "message.fail", ANN, why="x", **mine).state == "failed"
    rows = state(QUEUED)
    assert refusal(rows, on(QUEUED, "message.send", ANN)) == ("missing_field", "args.work_order")
    assert refusal(rows, on(QUEUED, "message.send", BEN, **mine)) == ("not_assigned", None)
    elsewhere = structs.replace(QUEUED, ticket_id=ident("another ticket"))
    for wrong, message in ((mine, elsewhere), ({"work_order": ident("none")}, QUEUED)):
        told = on(message, "message.send", ANN, **wrong)
        assert refusal(state(message), told) == ("unknown_subject", "args.work_order")


def test_every_template_names_only_what_is_known_of_it_in_both_languages() -> None:
    for language in LANGUAGES:
        catalogue = read_catalogue(TEXTS / language)
        assert catalogue.groups[GROUP].keys() == TEMPLATES.keys()
        for template, names in TEMPLATES.items():
            full = {name: f"<{name}>" for name in names}
            text = render(catalogue, template, full)
            assert [name for name in names if f"<{name}>" not in text] == []
            assert is_whole(text)
            for name in names:
                assert not is_whole(render(catalogue, template, {**full, name: None}))  # type: ignore[dict-item]
    assert {"what"} == BY_HAND


def test_every_channel_and_state_has_its_word() -> None:
    for language in LANGUAGES:
        groups = read_catalogue(TEXTS / language).groups
        assert groups["message_channels"].keys() == set(CHANNELS)
        assert groups["message_states"].keys() == set(STATES)
        assert groups["message_templates"].keys() == TEMPLATES.keys()


def test_what_is_filled_in_is_taken_as_it_is() -> None:
    texts: dict[str, str | Plural] = {"other": "{company}, {number}: {what}"}
    catalogue = Catalogue(groups={GROUP: texts})
    params = {"company": "{what}", "number": "T-1", "what": "{number}"}
    assert render(catalogue, "other", params) == "{what}, T-1: {number}"


def test_what_a_customer_was_told_is_told_to_the_clocks_once() -> None:
    (emit,) = progress_by(QUEUED, "message.send")
    assert emit.on == ("ticket", TICKET.id)
    assert (emit.args["events"], emit.args["status"]) == ("progress_told", "")
    assert {event for events in TELLS.values() for event in events} <= set(EVENTS)
    assert TELLS.keys() <= TEMPLATES.keys()
    sent = standing("sent")
    assert progress_by(sent, "message.send", delivered=True) == []
    other = structs.replace(QUEUED, template="other")
    assert progress_by(other, "message.send") == []
    assert progress_by(QUEUED, "message.fail", why="x") == []


@pytest.mark.parametrize(("told_at", "events"), [(NOW + 5000, ["progress_told"]), (NOW, [])])
def test_what_was_told_sooner_and_is_heard_of_later_counts_from_when_it_was(
    told_at: int, events: list[str]
) -> None:
    """The office told it before it heard that a technician had, without a network."""
    sent = standing("sent", changed_at=told_at)
    outcome = done(state(sent), on(sent, "message.send"))
    assert (outcome.merged, outcome.rows) == (True, ())
    assert [emit.args["events"] for emit in outcome.emits] == events


def progress_by(message: Message, kind: str, **args: Any) -> list[Emit]:
    told = done(state(message), on(message, kind, **args))
    return [emit for emit in told.emits if emit.name == "ticket.progress"]


@pytest.mark.parametrize(
    ("kind", "args", "found", "expected"),
    [
        ("message.send", {"channel": "technician_sms"}, "queued", "sent"),
        ("message.send", {}, "cancelled", "sent"),
        ("message.send", {}, "delivered", "delivered"),
        ("message.send", {"delivered": True}, "sent", "delivered"),
        ("message.fail", {"why": "x"}, "sent", "failed"),
        ("message.fail", {"why": "x"}, "cancelled", "cancelled"),
    ],
)
def test_what_became_of_a_message_is_laid_over_what_its_ticket_has_of_it(
    kind: str, args: dict[str, Any], found: str, expected: str
) -> None:
    """As a phone does that has not been heard yet, whatever the office sends meanwhile."""
    before = standing("queued" if kind == "message.send" else "sent")
    said = on(before, kind, **args)
    (row,) = done(state(before), said).rows
    fact = next(emit for emit in done(state(before), said).emits if emit.name == "message.became")
    here = standing(found)
    landed = REGISTRY.absorbs[fact.name](state(here), fact, said.op_id, said.at).rows
    assert landed == (() if expected == found else (row,))
    assert row.state == expected or expected == found  # type: ignore[attr-defined]
    assert REGISTRY.absorbs[fact.name](state(), fact, said.op_id, said.at).rows == ()
