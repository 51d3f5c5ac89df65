"""A company's own words for its messages: versions, placeholders, and the way back."""

from typing import Any

import pytest
from msgspec import structs

from shared.wordings import RULES, MessageRules, MessageWording, misplaced, wording_id
from tests.shared.company import DORA, NOW, act, done, ident, only, refused, state

ON = ("message_wording", wording_id("progress"))
WORDS: dict[str, Any] = {
    "template": "progress",
    "text_en": "{company}: {what}",
    "text_zh": "{what} {link}",
}
KEPT = MessageWording(
    id=ON[1],
    version=4,
    template="progress",
    number=2,
    en="{company}: {what}",
    zh="{what} {link}",
    by=DORA.id,
    at=NOW,
)


def worded(**changes: Any) -> Any:
    return act("message.word", {**WORDS, **changes}, on=ON, by=DORA)


def test_each_wording_is_a_version_with_its_author() -> None:
    found = only(done(state(), worded()), MessageWording)
    assert (found.number, found.en, found.zh) == (1, "{company}: {what}", "{what} {link}")
    assert (found.by, found.at) == (DORA.id, NOW + 1000)
    after = only(done(state(KEPT), worded(text_en="{what}", seen=2)), MessageWording)
    assert (after.number, after.en) == (3, "{what}")


def test_who_did_not_see_the_newest_words_is_told() -> None:
    told = refused(state(KEPT), worded(seen=1))
    assert (told.code, told.params["number"]) == ("changed_meanwhile", 2)
    assert done(state(KEPT), worded(seen=2)).merged


def test_the_way_back_is_a_version_without_words() -> None:
    found = only(done(state(KEPT), worded(text_en="", text_zh="", seen=2)), MessageWording)
    assert (found.number, found.en, found.zh) == (3, "", "")


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("{who} comes", "who", 1),
        ("Hello\n{company} {visit}", "visit", 2),
        ("a {company", "{company", 1),
        ("a company}", "}", 1),
        ("{}", "", 1),
        ("{ company }", " company ", 1),
    ],
)
def test_a_placeholder_that_nobody_fills_in_is_named_with_its_line(
    text: str, name: str, line: int
) -> None:
    assert misplaced("progress", text) == (name, line)
    told = refused(state(), worded(text_en=text))
    assert (told.code, told.field) == ("no_placeholder", "args.text_en")
    known = "{company}, {number}, {what}, {link}"
    assert told.params == {"name": name, "line": line, "known": known}


def test_a_text_says_something_and_belongs_to_its_message() -> None:
    assert refused(state(), worded(text_zh=" \u200b ")).code == "not_text"
    other = act("message.word", {**WORDS, "template": "opened"}, on=ON, by=DORA)
    assert refused(state(), other).field == "args.template"


def rules(**args: Any) -> Any:
    return act("message.set_rules", args, on=("message_rules", RULES), by=DORA)


def test_rules_say_what_comes_by_itself_and_what_carries_the_link() -> None:
    told = rules(automatic=["survey", "opened"], linked=["other"])
    found = only(done(state(), told), MessageRules)
    assert (found.automatic, found.linked) == (("opened", "survey"), ("other",))
    kept = structs.replace(found, version=2)
    assert refused(state(kept), rules(seen=1)).code == "changed_meanwhile"
    assert done(state(kept), rules(automatic=["opened", "survey"], linked=["other"], seen=2)).merged


def test_what_a_person_has_to_write_never_comes_by_itself() -> None:
    told = refused(state(), rules(automatic=["other"]))
    assert (told.code, told.field) == ("wrong_value", "args.automatic")
    elsewhere = act("message.set_rules", {}, on=("message_rules", ident("x")), by=DORA)
    assert refused(state(), elsewhere).code == "unknown_subject"
