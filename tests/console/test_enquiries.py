"""What came in waits at the top of the queue until somebody makes something of it, once."""

import re
from urllib.parse import urlencode

from server.incoming import identity_of, keep
from server.office import Asked
from tests.console.house import START_MS, Answer, Console

HOUR_MS = 3_600_000
SAID = "空调不制冷，滴水。麻烦尽快上门。"


def came(console: Console, reference: str = "one", **told: object) -> str:
    """Something that came in by the form an hour ago."""
    identity = identity_of("web", reference)
    args = {"channel": "web", "received_at": START_MS - HOUR_MS, "text": SAID, "sender": "沈岚"}
    assert keep(console.office, identity, {**args, "contact": "139 1234 5678", **told})
    return identity


def place_of_a_machine(console: Console) -> tuple[str, str]:
    ((asset, site),) = console.ask("SELECT id, site_id FROM asset ORDER BY id LIMIT 1")
    return str(asset), str(site)


def test_what_waits_is_told_at_the_top_of_the_queue_and_listed(new_console: Console) -> None:
    visitor = new_console.visitor("customer_service")
    assert "/enquiries" not in visitor.get("/tickets").page.links()
    identity = came(new_console)
    page = visitor.get("/tickets")
    assert ("/enquiries" in page.page.links(), "1 waiting" in page.text) == (True, True)
    listed = visitor.get("/enquiries")
    assert (f"/enquiries/{identity}" in listed.page.links(), "沈岚" in listed.text) == (True, True)
    one = visitor.get(f"/enquiries/{identity}")
    assert (SAID in one.text, "139 **** 5678" in one.text) == (True, True)


def test_it_is_made_a_ticket_with_the_form_filled_in_and_counts_from_when_it_came(
    new_console: Console,
) -> None:
    """R-INT-03."""
    asset, site = place_of_a_machine(new_console)
    identity = came(new_console, asset=asset)
    visitor, new = new_console.visitor("customer_service"), "/tickets/new"
    address = f"{new}?enquiry={identity}"
    assert address in visitor.get(f"/enquiries/{identity}").page.links()
    filled = visitor.get(address).page.form(new)
    assert (filled["enquiry"], filled["site"], filled["asset"]) == (identity, site, asset)
    assert (filled["problem"], filled["caller"], filled["channel"]) == (SAID, "沈岚", "web")
    answer = visitor.post(new, filled)
    assert re.match(r"/tickets/T-26-\d+", answer.path), answer.text
    ((received, kept),) = new_console.ask(
        "SELECT received_at, enquiry_id FROM ticket WHERE enquiry_id = ?", identity
    )
    assert (received, kept) == (START_MS - HOUR_MS, identity)
    again = visitor.get(address).page.form(new)
    refused = visitor.post(new, {**again, "problem": "again"})
    assert refused.status == 422
    assert "again" in refused.text
    assert "What came in" not in visitor.get("/tickets").text


def test_it_is_added_to_the_open_ticket_of_the_same_number(new_console: Console) -> None:
    ((number, phone),) = new_console.ask(
        "SELECT t.number, s.contact_phone FROM ticket t JOIN site s ON s.id = t.site_id "
        "WHERE t.status = 'new' AND s.contact_phone LIKE '13%' ORDER BY t.opened_at DESC LIMIT 1"
    )
    identity = came(new_console, contact=phone)
    visitor, page = new_console.visitor(), f"/enquiries/{identity}"
    assert "An open ticket may be the same" in visitor.get(page).text
    wrong = visitor.send(page, f"{page}/link", ticket="T-26-999999")
    assert "There is no ticket of this number" in wrong.text
    assert visitor.send(page, f"{page}/link", ticket=number).path == "/enquiries"
    story = visitor.get(f"/tickets/{number}").text
    assert ("added what was sent to a ticket" in story, SAID in story) == (True, True)
    assert f"{page}/link" not in visitor.get(page).response.text


def test_what_is_no_request_is_put_aside_with_a_reason(new_console: Console) -> None:
    identity = came(new_console)
    visitor, page = new_console.visitor(), f"/enquiries/{identity}"
    assert visitor.send(page, f"{page}/refuse", reason=" ").status == 422
    assert visitor.send(page, f"{page}/refuse", reason="广告").path == "/enquiries"
    assert f"/enquiries/{identity}" in visitor.get("/enquiries?only=refused").page.links()
    assert "广告" in visitor.get(page).text


def test_whoever_only_reads_settles_nothing(new_console: Console) -> None:
    identity = came(new_console)
    page = new_console.visitor("finance").get(f"/enquiries/{identity}")
    assert page.status == 200
    assert f"/enquiries/{identity}/refuse" not in page.response.text
    visitor = new_console.visitor("finance")
    assert visitor.post(f"/enquiries/{identity}/refuse", {"reason": "x"}).status == 403
    assert new_console.visitor().get("/enquiries/nothing").status == 404
    assert new_console.visitor().get("/enquiries?only=nothing").status == 400


def test_the_same_thing_brought_twice_is_there_once(new_console: Console) -> None:
    identity = came(new_console)
    args = {"channel": "web", "received_at": START_MS, "text": "Something else"}
    assert not keep(new_console.office, identity, args)
    assert new_console.ask("SELECT text FROM enquiry") == [(SAID,)]


def uploading(console: Console, data: bytes, **fields: str) -> Answer:
    visitor = console.visitor("customer_service")
    proof = visitor.get("/enquiries/upload").page.form("/enquiries/upload")["csrf"]
    given = {"csrf": str(proof), **fields}
    files = {"file": ("a.eml", data, "message/rfc822")}
    return Answer(visitor.client.post("/enquiries/upload", data=given, files=files))


def test_an_e_mail_is_uploaded_once_and_led_to(new_console: Console) -> None:
    data = "Subject: Leak\nFrom: Kim <kim@example.org>\nMessage-ID: <1@x>\n\n滴水\n".encode()
    answers = [uploading(new_console, data) for _ in range(2)]
    assert answers[0].path == answers[1].path
    assert ("Leak" in answers[0].text, "kim@example.org" in answers[0].text) == (True, True)
    assert len(new_console.ask("SELECT id FROM enquiry")) == 1


def test_what_is_no_e_mail_is_said_and_a_form_of_others_is_not_taken(new_console: Console) -> None:
    answer = uploading(new_console, b"none")
    assert (answer.status, "no e-mail" in answer.text) == (422, True)
    assert uploading(new_console, b"Subject: x\n\nx", csrf="x").status == 403
    assert new_console.ask("SELECT id FROM enquiry") == []


def test_the_same_number_is_told_at_intake_by_whichever_channel_it_came(
    new_console: Console,
) -> None:
    _, site = place_of_a_machine(new_console)
    ((customer,),) = new_console.ask("SELECT customer_id FROM site WHERE id = ?", site)
    identity = came(new_console, contact="+86 199-8765-4321")
    told = {"customer": customer, "site": site, "problem": "Drips", "channel": "web"}
    args = {**told, "priority": "normal", "enquiry": identity}
    opened = new_console.office.fresh_id()
    asked = Asked(id=opened, kind="ticket.open", on=("ticket", opened), args=args)
    done = new_console.office.act(asked, new_console.template.people["customer_service"])
    assert done.result.verdict == "applied"
    ((number,),) = new_console.ask("SELECT number FROM ticket WHERE id = ?", opened)
    visitor = new_console.visitor("customer_service")
    for who, is_told in (("19987654321", True), ("(199) 8765 4321", True), ("19987654322", False)):
        page = visitor.get(f"/tickets/new?{urlencode({'who': who})}").page
        place = page.by_id("place")
        links = [one["href"] for one in place.all("a")]
        assert (f"/tickets/{number}" in links) == is_told, who
        assert ("from the same number" in place.text) == is_told, who
