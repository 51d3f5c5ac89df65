"""Intake in a minute: who calls, what is wrong, and a ticket; nothing typed is lost."""

from typing import Any

from server.office import Asked
from tests.console.documents import Document
from tests.console.house import Answer, Console

NEW = "/tickets/new"
CHAT = (
    "您好，我是顾女士，江州市云溪区桂月路 5 号桂苑小区 3 幢 2 单元 601 室的热水器显示E6，"
    "不出热水，麻烦明天下午3点来，电话１３９１２３４５６７８"
)


def a_caller(console: Console) -> tuple[str, str, str, str]:
    """A private customer with one site and one machine: phone, name, site and machine."""
    rows = console.ask(
        "SELECT c.phone, c.name, min(s.id), min(a.id) FROM customer c "
        "JOIN site s ON s.customer_id = c.id JOIN asset a ON a.site_id = s.id "
        "WHERE c.type = 'person' GROUP BY c.id, c.phone, c.name "
        "HAVING count(*) = 1 ORDER BY c.id LIMIT 1"
    )
    return tuple(rows[0])


def send(console: Console, role: str = "dispatcher", **typed: Any) -> Answer:
    """Fill in an empty form and send it."""
    visitor = console.visitor(role)
    return visitor.post(NEW, {**visitor.get(NEW).page.form(NEW), **typed})


def look(console: Console, part: str, **typed: Any) -> Document:
    """What a script is answered that looks up what was typed so far."""
    visitor = console.visitor()
    form = {**visitor.get(NEW).page.form(NEW), **typed}
    return visitor.post("/tickets/new/look", form, hx_target=part).page


def count(console: Console, table: str) -> int:
    """How many rows a table has."""
    return int(console.ask(f"SELECT count(*) FROM {table}")[0][0])


def filled(page: Document) -> dict[str, str]:
    """What a script would put into fields that are empty."""
    return {one["data-field"]: one.raw() for one in page.all("li") if one["data-field"]}


def test_four_digits_bring_up_who_calls_and_what_stands_there(console: Console) -> None:
    phone, name, site, machine = a_caller(console)
    page = console.visitor().get(f"{NEW}?who={phone[-4:]}").page
    form = page.form(NEW)
    assert name in page.by_id("callers").text
    assert (form["site"], form["asset"]) == (site, machine)
    assert phone not in page.by_id("callers").text


def test_a_name_a_serial_number_or_a_whole_number_does_so_too(console: Console) -> None:
    phone, name, site, machine = a_caller(console)
    ((serial,),) = console.ask("SELECT serial FROM asset WHERE id = ?", machine)
    wrong = [
        asked
        for asked in (name, serial, phone, phone.replace(" ", ""))
        if site not in [one["value"] for one in look(console, "callers", who=asked).all("input")]
    ]
    assert wrong == []


def test_what_is_open_there_and_what_is_a_repeat_stands_beside_the_machine(
    console: Console,
) -> None:
    site, machine, number = console.ask(
        "SELECT site_id, asset_id, number FROM ticket WHERE status IN ('new', 'planned', "
        "'in_progress') AND asset_id IS NOT NULL ORDER BY opened_at DESC, id LIMIT 1"
    )[0]
    page = look(console, "place", site=site)
    (option,) = [one for one in page.all("label") if one.all("input", value=machine)]
    assert "in 30 days" in option.text
    assert f"/tickets/{number}" in page.links()


def test_a_pasted_chat_fills_only_what_is_empty_and_shows_what_was_recognised(
    console: Console,
) -> None:
    page = look(console, "heard", text=CHAT, caller="Somebody")
    assert filled(page) == {
        "channel": "chat",
        "name": "顾女士",
        "who": "139 1234 5678",
        "phone": "139 1234 5678",
        "address": "江州市云溪区桂月路 5 号桂苑小区 3 幢 2 单元 601 室",
        "problem": "热水器显示E6，不出热水",
        "planned_from": "2026-11-24T15:00",
        "planned_to": "2026-11-24T17:00",
    }
    assert [(one["class"], one.text) for one in page.all("mark")] == [
        ("is-name", "顾女士"),
        ("is-address", "江州市云溪区桂月路 5 号桂苑小区 3 幢 2 单元 601 室"),
        ("is-code", "E6"),
        ("is-time", "明天下午3点"),
        ("is-phone", "１３９１２３４５６７８"),
    ]
    assert page.all("p", cls="heard")[0].raw() == CHAT


def test_without_a_script_a_look_draws_the_whole_page_with_everything_typed(
    console: Console,
) -> None:
    visitor = console.visitor()
    typed = {"text": CHAT, "serial": 'A<b>&"1', "channel": "chat"}
    form = {**visitor.get(NEW).page.form(NEW), **typed}
    kept = visitor.post("/tickets/new/look", form).page.form(NEW)
    assert {name: kept[name] for name in typed} == typed
    assert kept["problem"] == "热水器显示E6，不出热水"
    assert kept["caller"] == "顾女士"


def test_a_known_caller_gets_a_ticket(new_console: Console) -> None:
    _, _, site, machine = a_caller(new_console)
    answer = send(new_console, site=site, asset=machine, problem="空调不制冷", priority="urgent")
    told = new_console.ask(
        "SELECT number, site_id, asset_id, problem, priority, channel, status FROM ticket "
        "ORDER BY opened_at DESC, id DESC LIMIT 1"
    )[0]
    assert told[1:] == (site, machine, "空调不制冷", "urgent", "phone", "new")
    assert answer.path == f"/tickets/{told[0]}"
    assert f"Ticket {told[0]} is open." in answer.text


def test_sending_twice_opens_one_ticket(new_console: Console) -> None:
    _, _, site, _ = a_caller(new_console)
    visitor = new_console.visitor()
    typed = {**visitor.get(NEW).page.form(NEW), "site": site, "problem": "x", "then": "plan"}
    before = count(new_console, "ticket"), count(new_console, "work_order")
    paths = {visitor.post(NEW, typed).path for _ in range(2)}
    assert (count(new_console, "ticket"), count(new_console, "work_order")) == (
        before[0] + 1,
        before[1] + 1,
    )
    assert len(paths) == 1


def test_open_and_plan_makes_a_job_with_the_wanted_time_and_leads_to_who_goes(
    new_console: Console,
) -> None:
    _, _, site, machine = a_caller(new_console)
    times = {"planned_from": "2026-11-24T15:00", "planned_to": "2026-11-24T17:00"}
    answer = send(
        new_console, site=site, asset=machine, problem="漏水", category="C", then="plan", **times
    )
    order, *told = new_console.ask(
        "SELECT id, summary, category, service, planned_from, planned_to, asset_id, status "
        "FROM work_order ORDER BY created_at DESC, id DESC LIMIT 1"
    )[0]
    assert told == ["漏水", "C", "repair", *times.values(), machine, "created"]
    assert answer.path == f"/work-orders/{order}/assign"


def test_a_wanted_time_is_not_lost_when_only_a_ticket_is_opened(new_console: Console) -> None:
    _, _, site, _ = a_caller(new_console)
    send(
        new_console,
        site=site,
        problem="Drips",
        planned_from="2026-11-24T15:00",
        planned_to="2026-11-24T17:00",
    )
    ((problem,),) = new_console.ask(
        "SELECT problem FROM ticket ORDER BY opened_at DESC, id DESC LIMIT 1"
    )
    assert problem == "Drips\nWanted time: Tue 24 Nov, 15:00–17:00"


def test_a_newcomer_is_written_down_with_site_and_machine_on_the_spot(
    new_console: Console,
) -> None:
    answer = send(
        new_console,
        site="new",
        name="顾晓燕",
        phone="139 1234 5678",
        address="江州市云溪区桂月路 5 号",
        model="DSZF-60",
        serial="DS260100001",
        caller="顾女士",
        problem="不出热水",
    )
    told = new_console.ask(
        "SELECT c.name, c.type, c.phone, s.address, s.time_zone, s.contact_name, a.model, "
        "a.serial, t.problem, t.caller FROM ticket t JOIN customer c ON c.id = t.customer_id "
        "JOIN site s ON s.id = t.site_id JOIN asset a ON a.id = t.asset_id WHERE c.name = '顾晓燕'"
    )
    assert told == [
        (
            *("顾晓燕", "person", "139 1234 5678", "江州市云溪区桂月路 5 号", "Asia/Shanghai"),
            *("顾女士", "DSZF-60", "DS260100001", "不出热水", "顾女士"),
        )
    ]
    assert answer.status == 200


def test_a_newcomer_who_is_on_file_already_is_not_written_down_again(new_console: Console) -> None:
    phone, name, site, _ = a_caller(new_console)
    ((address,),) = new_console.ask("SELECT address FROM site WHERE id = ?", site)
    before = count(new_console, "customer"), count(new_console, "site")
    answer = send(new_console, site="new", name=name, phone=phone, address=address, problem="again")
    assert answer.status == 200
    assert (count(new_console, "customer"), count(new_console, "site")) == before
    assert new_console.ask(
        "SELECT site_id FROM ticket ORDER BY opened_at DESC, id DESC LIMIT 1"
    ) == [(site,)]


def test_nothing_is_written_down_while_something_is_missing(console: Console) -> None:
    before = count(console, "customer"), count(console, "ticket")
    answer = send(console, site="new", name="Nobody", phone="139 1234 5678")
    assert answer.status == 422
    assert [said in answer.text for said in ("Say in a few words", "An address is needed")] == [
        True,
        True,
    ]
    kept = answer.page.form(NEW)
    assert (kept["site"], kept["name"], kept["phone"]) == ("new", "Nobody", "139 1234 5678")
    assert (count(console, "customer"), count(console, "ticket")) == before


def test_who_calls_has_to_be_said(console: Console) -> None:
    answer = send(console, problem="Drips")
    assert answer.status == 422
    assert "Choose who is calling" in answer.text
    assert answer.page.form(NEW)["problem"] == "Drips"


def test_a_refused_ticket_keeps_the_newcomer_that_was_written_down(new_console: Console) -> None:
    typed = {"site": "new", "name": "Anna", "address": "1 Mill Lane", "serial": "77", "model": "M"}
    answer = send(new_console, problem="Drips", channel="pigeon", **typed)
    assert answer.status == 422
    kept = answer.page.form(NEW)
    assert kept["problem"] == "Drips"
    ((site, asset),) = new_console.ask(
        "SELECT s.id, a.id FROM site s JOIN asset a ON a.site_id = s.id "
        "WHERE s.address = '1 Mill Lane'"
    )
    assert (kept["site"], kept["asset"]) == (site, asset)
    assert new_console.visitor().post(NEW, {**kept, "channel": "chat"}).status == 200
    assert new_console.ask("SELECT count(*) FROM customer WHERE name = 'Anna'") == [(1,)]


def test_a_new_machine_at_a_known_site_is_written_down(new_console: Console) -> None:
    _, _, site, _ = a_caller(new_console)
    send(new_console, site=site, asset="new", model="XQG80-12", serial="XQ1", problem="E2")
    assert new_console.ask(
        "SELECT a.site_id, t.asset_id = a.id FROM asset a JOIN ticket t ON t.asset_id = a.id "
        "WHERE a.serial = 'XQ1'"
    ) == [(site, 1)]


def test_customer_service_opens_tickets_but_plans_nothing(new_console: Console) -> None:
    _, _, site, _ = a_caller(new_console)
    before = count(new_console, "work_order")
    page = new_console.visitor("customer_service").get(NEW).page
    assert "Open and plan" not in page.text
    answer = send(new_console, "customer_service", site=site, problem="x", then="plan")
    assert answer.path.startswith("/tickets/T-26-")
    assert count(new_console, "work_order") == before


def test_only_the_desk_may_open_tickets(console: Console) -> None:
    visitor = console.visitor("warehouse")
    assert [visitor.get(NEW).status, visitor.post(NEW, visitor.proof()).status] == [403, 403]


def test_the_number_that_nobody_is_found_by_is_the_newcomers(console: Console) -> None:
    visitor = console.visitor()

    def offered(who: str, **typed: str) -> tuple[str, str]:
        fields = {**visitor.proof(), "who": who, **typed}
        form = visitor.post("/tickets/new/look", fields).page.form("/tickets/new")
        return str(form["phone"]), str(form["name"])

    assert offered("13911112222") == ("139 1111 2222", "")
    assert offered("Tanaka Foods") == ("", "Tanaka Foods")
    assert offered("13911112222", phone="400 820 1234") == ("400 820 1234", "")
    assert offered("KX 99-0001") == ("", "")


def test_a_fault_of_a_machine_out_of_warranty_is_urgent_unless_somebody_says_otherwise(
    new_console: Console,
) -> None:
    """R-CLS-12."""
    _, _, site, machine = a_caller(new_console)
    console = new_console
    ((model, name, serial),) = console.ask(
        "SELECT model, name, serial FROM asset WHERE id = ?", machine
    )
    known = {"model": model, "name": name, "serial": serial}
    said = Asked(
        id=console.office.fresh_id(),
        kind="asset.correct",
        on=("asset", machine),
        args={**known, "warranty_until": "2020-01-01"},
    )
    done = console.office.act(said, console.template.people["dispatcher"])
    assert done.result.verdict in ("applied", "applied_flagged"), done.result
    place = look(console, "place", site=site, asset=machine)
    assert "Usually urgent: out of warranty." in place.text
    told = {"site": site, "asset": machine, "problem": "Drips"}
    for typed, wanted in (
        ({"kind": "fault"}, "urgent"),
        ({"kind": "fault", "urgency": "general"}, "general"),
        ({"kind": "advice"}, ""),
        ({}, ""),
    ):
        send(console, **told, **typed)
        ((urgency,),) = console.ask("SELECT urgency FROM ticket ORDER BY number DESC LIMIT 1")
        assert urgency == wanted, typed
    ((number,),) = console.ask("SELECT max(number) FROM ticket")
    form = console.visitor().get(f"/tickets/{number}/say/classify")
    assert form.page.form(f"/tickets/{number}/say/classify")["urgency"] == ""
    assert "Not decided yet" in console.visitor().get(f"/tickets/{number}").text
