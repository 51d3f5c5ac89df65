"""What no person types is found wherever it hides in an op, and told by the path of its field."""

import json
from typing import Any

import pytest

from shared.ids import derive
from shared.kinds import REGISTRY
from sync.arrival import Arrived, read
from sync.protocol import WireOp
from tests.world import ANN


def arrived(kind: str, args: str, v: int = 1) -> Arrived:
    """An op whose arguments are this JSON, as it is read on arrival."""
    body = {
        "id": derive("op", args),
        "kind": kind,
        "v": v,
        "on": ["work_order", derive("order")],
        "by": ANN,
        "origin": "device",
        "at": {"wall": 1, "boot": "b", "mono": 1, "src": "boottime"},
        "salt": "0" * 32,
        "args": "ARGS",
    }
    text = json.dumps(body).replace('"ARGS"', args)
    return read(WireOp(lseq=1, id=str(body["id"]), body=text), REGISTRY)


def said(one: Arrived) -> Any:
    assert one.problem is not None
    return (str(one.problem.verdict), one.problem.code, one.problem.field)


@pytest.mark.parametrize(
    ("kind", "args", "field"),
    [
        ("note.add", r'{"text": "bell\u0007", "audience": "internal"}', "args.text"),
        ("note.add", '{"text": "turn\u202ered", "audience": "internal"}', "args.text"),
        ("note.add", '{"text": "rub\x7fout", "audience": "internal"}', "args.text"),
        ("work_order.pause", r'{"reason": "back\bspace"}', "args.reason"),
        ("work_order.pause", r'{"reason": "new\fpage"}', "args.reason"),
        ("work_order.pause", r'{"reason": "lunch", "x\u0000": 5}', "args"),
        ("edit", r'{"fields": {"job_note": ["", "bell\u0007"]}}', "args.fields.job_note"),
        ("edit", r'{"fields": {"job_note": [1, null, "\u2028"]}}', "args.fields.job_note"),
    ],
)
def test_a_text_that_cannot_be_shown_is_told_by_its_path(kind: str, args: str, field: str) -> None:
    assert said(arrived(kind, args)) == ("rejected", "not_text", field)


@pytest.mark.parametrize(
    "args",
    [r'{"reason": "5 \u20ac \\b"}', r'{"reason": "one\ntwo\tthree"}', '{"reason": "滤网 🙂"}'],
)
def test_what_people_type_is_taken_however_it_is_written(args: str) -> None:
    assert arrived("work_order.pause", args).problem is None


@pytest.mark.parametrize("depth", [300, 490, 900, 1_000, 5_000, 50_000])
def test_brackets_without_end_are_set_aside_and_break_nothing(depth: int) -> None:
    args = '{"text": ' + "[" * depth + r'"\u0007"' + "]" * depth + "}"
    assert said(arrived("note.add", args)) in (
        ("rejected", "not_text", "args.text"),
        ("quarantined", "unreadable", None),
    )


def test_an_op_from_the_future_is_told_by_its_field() -> None:
    assert said(arrived("note.sing", "{}")) == ("quarantined", "future_kind", "kind")
    assert said(arrived("note.add", "{}", v=2)) == ("quarantined", "future_version", "v")
