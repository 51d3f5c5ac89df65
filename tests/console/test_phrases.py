"""The company words its messages, looks at them first, and can go back to the product's."""

from tests.console.house import Console

PATH = "/messages/wordings"
ONE = f"{PATH}/progress"


def test_a_wording_is_looked_at_kept_and_taken_back(new_console: Console) -> None:
    lead = new_console.visitor("service_manager")
    looked = lead.send(ONE, ONE, text_en="News: {what}", then="look")
    assert "News: the part has been ordered" in looked.text
    assert new_console.ask("SELECT count(*) FROM message_wording") == [(0,)]
    assert (
        "Your own words, version 1"
        in lead.send(ONE, ONE, text_en="News: {what}", text_zh="新：{what}").text
    )
    ((number,),) = new_console.ask("SELECT number FROM ticket ORDER BY number LIMIT 1")
    asked = lead.get(f"/tickets/{number}/messages/new?what=tomorrow").text
    assert "新：tomorrow" in asked
    assert "Your own words" not in lead.send(ONE, ONE, then="back").text
    assert new_console.ask("SELECT number, en FROM message_wording") == [(2, "")]


def test_a_wrong_placeholder_is_named_with_its_place(console: Console) -> None:
    lead = console.visitor("service_manager")
    for then in ("look", ""):
        answer = lead.send(ONE, ONE, text_zh="好\n{who}", then=then)
        assert "“who” in line 2 of “Chinese text” is nothing that can be filled in" in answer.text
        assert "{company}, {number}, {what}, {link}" in answer.text


def test_which_messages_come_by_themselves_is_said_in_one_form(new_console: Console) -> None:
    lead = new_console.visitor("service_manager")
    answer = lead.send(PATH, "/messages/rules", automatic=["survey"], linked=["result"])
    assert answer.path == PATH
    ((automatic, linked),) = new_console.ask("SELECT automatic, linked FROM message_rules")
    assert ("survey" in str(automatic), "result" in str(linked)) == (True, True)
    assert "opened" not in str(automatic)
    assert new_console.visitor("dispatcher").get(ONE).status == 403
