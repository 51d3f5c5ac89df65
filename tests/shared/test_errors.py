"""A refusal says who must act, and every reason the rules give is in the list."""

import ast
from pathlib import Path

from shared.errors import (
    FLAGS,
    REFUSALS,
    REFUSED_ON_DEVICE,
    Refused,
    refuse_person,
    refuse_state,
    refuse_value,
)

SHARED = Path(__file__).resolve().parents[2] / "shared"
REFUSING = {"refuse_value", "refuse_state", "refuse_person", "Refused"}


def given(call: ast.Call) -> str | None:
    """The code that a call gives, where it is written out."""
    named = [one.value for one in call.keywords if one.arg == "code"]
    for code in [*named, *call.args][:1]:
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            return code.value
    return None


def codes(makers: set[str]) -> set[str]:
    found = set()
    for path in SHARED.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in makers:
                found.add(given(node) or "")
    return found - {""}


def test_a_refusal_says_what_would_have_to_change() -> None:
    assert refuse_value("wrong_value", "args.x", reason="y") == Refused(
        code="wrong_value", grounds="value", field="args.x", params={"reason": "y"}
    )
    assert refuse_state("illegal_status", status="done") == Refused(
        code="illegal_status", grounds="state", params={"status": "done"}
    )
    assert refuse_person("not_permitted") == Refused(code="not_permitted", grounds="permission")


def test_every_reason_the_rules_give_is_in_the_list() -> None:
    assert len(codes(REFUSING)) > 5
    assert sorted(codes(REFUSING) - REFUSALS) == []
    assert sorted(codes({"Flag"}) - FLAGS) == []


def test_what_only_the_device_refuses_is_a_flag_on_the_server() -> None:
    assert REFUSED_ON_DEVICE <= REFUSALS & FLAGS
