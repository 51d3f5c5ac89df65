"""What a customer is to be told is worded on the ticket, waits to be told, and is told once."""

from server import rows
from server.console.messages import ICONS
from shared.messages import TEMPLATES
from tests.console.conftest import Open
from tests.console.house import START_MS, Console, Served
from tests.console.places import examples


def ticket_of(console: Console) -> str:
    """The number of a ticket that is planned, whose customer can be called."""
    return examples(console)["ticket"]


def kept(console: Console, number: str) -> list[tuple[str, str, str]]:
    """The messages of a ticket: template, state, text."""
    found = console.ask(
        "SELECT m.template, m.state, m.text FROM message m JOIN ticket t ON t.id = m.ticket_id "
        "WHERE t.number = ? ORDER BY m.at, m.id",
        number,
    )
    return [(str(template), str(state), str(text)) for template, state, text in found]


def put_down(console: Console, number: str, what: str) -> str:
    """The id of a message that is put down to be told."""
    at = f"/tickets/{number}/messages/new"
    visitor = console.visitor()
    form = visitor.get(at).page.form(at)
    worded = visitor.post(at, {**form, "p_what": what, "then": "fill"})
    form = worded.page.form(at)
    assert what in form["text"]
    assert "It waits to be told." in visitor.post(at, form).text
    ((identity,),) = console.ask("SELECT id FROM message ORDER BY at DESC, id DESC LIMIT 1")
    return str(identity)


def test_a_message_is_worded_from_what_is_known_in_the_language_of_the_customer(
    new_console: Console,
) -> None:
    number = ticket_of(new_console)
    at = f"/tickets/{number}/messages/new"
    visitor = new_console.visitor()
    form = visitor.get(f"{at}?template=visit_agreed").page.form(at)
    assert number in form["text"]
    assert "…" not in form["text"]
    chinese = visitor.post(at, {**form, "language": "zh", "then": "fill"}).page.form(at)
    english = visitor.post(at, {**form, "language": "en", "then": "fill"}).page.form(at)
    assert "上门" in chinese["text"]
    assert "your visit for request" in english["text"]
    assert kept(new_console, number) == []


def test_the_promised_time_is_what_the_clocks_say(new_console: Console) -> None:
    number = ticket_of(new_console)
    at = f"/tickets/{number}/messages/new"
    visitor = new_console.visitor()
    before = visitor.get(f"{at}?template=opened").page.form(at)
    assert "…" in before["text"]
    ((ticket,),) = new_console.ask("SELECT id FROM ticket WHERE number = ?", number)
    row = (ticket, "first_response", "", "a", "b", "running", "running", 1, START_MS, 1, None, None)
    with new_console.office.writing() as books:
        rows.add(books, "clock", (), [(*row, 0, 0)])
    after = visitor.get(f"{at}?template=opened").page.form(at)
    assert "10:30" in after["text"]
    assert "…" not in after["text"]


def test_what_is_not_whole_is_refused_and_what_was_typed_stays(new_console: Console) -> None:
    number = ticket_of(new_console)
    at = f"/tickets/{number}/messages/new"
    visitor = new_console.visitor()
    form = {**visitor.get(at).page.form(at), "to": "Ms Chen"}
    assert "…" in form["text"]
    refused = visitor.post(at, form)
    assert (refused.status, "Something is still missing" in refused.text) == (422, True)
    assert refused.page.form(at)["to"] == "Ms Chen"
    wrong = visitor.post(at, {**form, "text": "ok", "email": "nobody", "phone": "12a"})
    assert (wrong.status, wrong.page.form(at)["text"]) == (422, "ok")
    assert kept(new_console, number) == []


def test_a_message_waits_until_somebody_says_that_it_was_told(new_console: Console) -> None:
    number = ticket_of(new_console)
    identity = put_down(new_console, number, "the part comes tomorrow")
    visitor = new_console.visitor()
    page = visitor.get("/messages")
    assert "the part comes tomorrow" in page.text
    assert number in page.text
    ((phone,),) = new_console.ask("SELECT phone FROM message WHERE id = ?", identity)
    assert phone
    assert str(phone) not in page.text
    done = visitor.send("/messages", f"/messages/{identity}/send")
    assert "Noted: the customer was told." in done.text
    assert "the part comes tomorrow" not in visitor.get("/messages").text
    assert "the part comes tomorrow" in visitor.get("/messages?show=told").text
    told = visitor.get(f"/tickets/{number}").text
    assert "the part comes tomorrow" in told
    assert "已发出" in new_console.visitor(language="zh").get(f"/tickets/{number}").text


def test_what_did_not_arrive_waits_again_and_may_be_called_off(new_console: Console) -> None:
    number = ticket_of(new_console)
    identity = put_down(new_console, number, "we come later")
    visitor = new_console.visitor()
    failed = visitor.send("/messages", f"/messages/{identity}/fail", why="number is dead")
    assert "number is dead" in failed.text
    assert "Did not arrive" in failed.text
    visitor.send("/messages", f"/messages/{identity}/cancel")
    assert [state for _, state, _ in kept(new_console, number)] == ["cancelled"]
    assert "we come later" in visitor.get("/messages?show=off").text


def test_whoever_looks_at_a_number_is_written_down(new_console: Console) -> None:
    identity = put_down(new_console, ticket_of(new_console), "soon")
    ((phone,),) = new_console.ask("SELECT phone FROM message WHERE id = ?", identity)
    visitor = new_console.visitor()
    shown = visitor.post(f"/messages/{identity}/phone", visitor.proof())
    assert str(phone) in shown.text
    ((count,),) = new_console.ask(
        "SELECT count(*) FROM op WHERE kind = 'phone.reveal' AND noun = 'ticket'"
    )
    assert count == 1
    assert visitor.post("/messages/nobody/phone", visitor.proof()).status == 404


def test_who_does_not_speak_to_customers_sees_none_of_it(console: Console) -> None:
    for role in ("warehouse", "finance", "technician"):
        assert console.visitor(role).get("/messages").status == 403


def test_a_text_is_copied_with_one_click(tab: Open, served: Served) -> None:
    number = examples(served)["ticket"]
    page = tab(f"/tickets/{number}/messages/new?template=other", role="dispatcher")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("What you want to say").fill("the part is here")
    page.get_by_role("button", name="Word it anew").click()
    page.get_by_role("button", name="Tell the customer").click()
    page.goto(served.url + "/messages")
    page.get_by_role("button", name="Copy text").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert "the part is here" in str(page.evaluate("() => navigator.clipboard.readText()"))


def test_every_message_has_a_picture() -> None:
    assert ICONS.keys() == TEMPLATES.keys()
