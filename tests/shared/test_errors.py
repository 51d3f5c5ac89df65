"""A refusal says who must act, and every reason the rules give is in the list."""

import ast
from functools import cache
from pathlib import Path

from server.texts import read_catalogue
from shared.errors import (
    FLAGS,
    REFUSALS,
    REFUSED_ON_DEVICE,
    Refused,
    refuse_person,
    refuse_state,
    refuse_value,
)
from shared.texts import REASONS, has_text

ROOT = Path(__file__).resolve().parents[2]
TEXTS = read_catalogue(ROOT / "assets" / "texts" / "en")
REFUSING = {"refuse_value", "refuse_state", "refuse_person", "Refused"}
JUDGING = {"Problem", "Judgement", "set_aside", "_from_the_future"}


@cache
def sources() -> dict[Path, ast.Module]:
    """What may refuse, by its file; read when it is wanted, for every process collects these."""
    return {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for package in ("shared", "sync", "mobile", "server")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path != ROOT / "shared" / "errors.py"
    }


def given(call: ast.Call) -> str | None:
    """The code that a call gives, where it is written out; a refusal's is what comes first."""
    named = [one.value for one in call.keywords if one.arg == "code"]
    placed = call.args[:1] if getattr(call.func, "id", None) in REFUSING else call.args
    for code in named or placed:
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            return code.value
    return None


def codes(makers: set[str], *packages: str) -> set[str]:
    """The codes that calls of these makers give in these packages."""
    return {
        code
        for path, tree in sources().items()
        if path.relative_to(ROOT).parts[0] in packages
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in makers
        for code in [given(node)]
        if code is not None
    }


def words() -> set[str]:
    """Every text that stands in the code, but for the list itself."""
    nodes = (node for tree in sources().values() for node in ast.walk(tree))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}


def test_a_refusal_says_what_would_have_to_change() -> None:
    assert refuse_value("wrong_value", "args.x", reason="y") == Refused(
        code="wrong_value", grounds="value", field="args.x", params={"reason": "y"}
    )
    assert refuse_state("illegal_status", status="done") == Refused(
        code="illegal_status", grounds="state", params={"status": "done"}
    )
    assert refuse_person("not_permitted") == Refused(code="not_permitted", grounds="permission")


def test_every_reason_the_rules_give_is_in_the_list() -> None:
    told = codes(REFUSING | JUDGING, "shared", "sync")
    assert len(told) > 20
    assert sorted(told - REFUSALS) == []
    assert sorted(codes({"Flag"}, "shared", "sync") - FLAGS) == []


def test_every_reason_the_phone_gives_has_words() -> None:
    told = codes(REFUSING, "mobile")
    assert len(told) > 5
    worded = {code for code in told for group in REASONS if has_text(TEXTS, group, code)}
    assert sorted(told - worded) == []


def test_every_reason_in_the_list_is_given_somewhere() -> None:
    assert sorted((REFUSALS | FLAGS) - words()) == []


def test_what_only_the_device_refuses_is_a_flag_on_the_server() -> None:
    assert REFUSED_ON_DEVICE <= REFUSALS & FLAGS
