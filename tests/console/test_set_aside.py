"""Ops set aside are corrected by a form and sent again, or given up, and nothing typed is lost."""

from typing import Any

import pytest

from tests.console.house import Console


def from_a_phone(console: Console, kind: str, args: dict[str, Any]) -> tuple[str, str]:
    """What nobody can read as it is; its id, and the job's number."""
    result, number = console.push(kind, args)
    assert result.verdict == "quarantined", result
    return result.id, number


def test_what_is_set_aside_is_listed_with_its_reason_in_both_languages(
    new_console: Console,
) -> None:
    _, number = from_a_phone(new_console, "note.sing", {"text": "la"})
    english = new_console.visitor().get("/conflicts/set-aside")
    assert number in english.text
    assert "does not know this kind of action yet" in english.text
    chinese = new_console.visitor(language="zh").get("/conflicts/set-aside")
    assert "已搁置" in chinese.text


def test_an_op_is_corrected_by_form_and_takes_effect_under_its_author(
    new_console: Console,
) -> None:
    """C01."""
    identity, number = from_a_phone(new_console, "note.sing", {"text": "la", "loud": True})
    visitor = new_console.visitor()
    at = f"/conflicts/set-aside/{identity}"
    page = visitor.get(at)
    assert '"kind":"note.sing"' in page.text.replace(" ", "")
    form = page.page.form(f"{at}/repair")
    assert (form["subject"], form["arg.text"]) == (number, "la")
    typed = {**form, "kind": "note.add", "arg.text": "La la", "arg.audience": "internal"}
    wrong = visitor.post(f"{at}/repair", typed)
    assert wrong.status == 422
    kept = wrong.page.form(f"{at}/repair")
    assert (kept["arg.text"], kept["kind"]) == ("La la", "note.add")
    mended = visitor.post(f"{at}/repair", {**kept, **visitor.proof(), "rest": ""})
    assert "Corrected and sent." in mended.text
    assert new_console.ask("SELECT verdict FROM op WHERE op_id = ?", identity) == [("applied",)]
    assert "La la" in visitor.get(f"/work-orders/{number}").text


def test_what_is_one_of_a_few_is_chosen_in_words_and_keeps_an_unknown_code(
    new_console: Console,
) -> None:
    said = {"text": "la", "audience": "internal", "old_part": "eaten", "loud": True}
    identity, _ = from_a_phone(new_console, "note.sing", said)
    page = new_console.visitor(language="zh").get(f"/conflicts/set-aside/{identity}").page
    for name, chosen in (("audience", "仅内部"), ("old_part", "eaten")):
        options = page.by_id(f"f-arg.{name}").all("option")
        assert [one.text for one in options if "selected" in one.attributes] == [chosen]
    assert "audience" not in page.form(f"/conflicts/set-aside/{identity}/repair")["rest"]


@pytest.mark.parametrize(("language", "words"), [("en", "What it is"), ("zh", "反馈类型")])
def test_of_feedback_the_kind_is_called_what_it_is(
    new_console: Console, language: str, words: str
) -> None:
    said = {"kind": "complaint", "text": "la", "loud": True}
    identity, _ = from_a_phone(new_console, "feedback.record", said)
    page = new_console.visitor(language=language).get(f"/conflicts/set-aside/{identity}").page
    assert words in [one.text for one in page.all("label")]


def test_details_that_are_no_object_are_refused_and_kept(new_console: Console) -> None:
    identity, _ = from_a_phone(new_console, "note.sing", {"text": "la"})
    visitor = new_console.visitor()
    at = f"/conflicts/set-aside/{identity}"
    wrong = visitor.send(at, f"{at}/repair", rest="[1, 2", kind="note.add")
    assert wrong.status == 422
    assert "These details are not a JSON object." in wrong.text
    assert wrong.page.form(f"{at}/repair")["rest"] == "[1, 2"


def test_an_op_is_given_up_with_a_reason_and_stays_in_the_record(new_console: Console) -> None:
    """R12."""
    identity, _ = from_a_phone(new_console, "note.sing", {"text": "la"})
    visitor = new_console.visitor()
    at = f"/conflicts/set-aside/{identity}"
    assert visitor.send(at, f"{at}/discard", reason="").status == 422
    given_up = visitor.send(at, f"{at}/discard", reason="only a song")
    assert "Nothing is set aside" in given_up.text
    assert new_console.ask("SELECT code FROM op WHERE op_id = ?", identity) == [("discarded",)]
    assert "This has been settled in the meantime." in visitor.get(at).text


def test_nothing_set_aside_is_a_friendly_page_and_an_unknown_op_is_not_found(
    console: Console,
) -> None:
    assert "Nothing is set aside" in console.visitor().get("/conflicts/set-aside").text
    assert console.visitor().get("/conflicts/set-aside/nothing").status == 404


def test_who_only_watches_sees_what_is_set_aside_and_decides_nothing(new_console: Console) -> None:
    op, number = from_a_phone(new_console, "note.sing", {"text": "la"})
    inspector = new_console.visitor("inspector")
    at = f"/conflicts/set-aside/{op}"
    assert number in inspector.get(at).text
    told = {"kind": "note.add", "reason": "no", **inspector.proof()}
    assert [inspector.post(f"{at}/{act}", told).status for act in ("repair", "discard")] == [
        403,
        403,
    ]
