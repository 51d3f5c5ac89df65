"""The audit page: looking for entries, the proof of one, and a check of the whole log."""

import re
import threading
import time
from pathlib import Path
from typing import get_args

import pytest

from server import queries
from server.console.audit import EVENTS
from server.looks import Look
from server.queries import troubles
from shared.audit import includes
from shared.kinds import REGISTRY
from shared.texts import LANGUAGES
from tests.console.house import Answer, Console, Visitor

SERVER = Path(__file__).resolve().parents[2] / "server"
WAIT_S = 20.0


def rows(answer: Answer) -> list[list[str]]:
    table = answer.page.by_id("log")
    return [[cell.text for cell in row.all("td")] for row in table.all("tr")][1:]


def first(visitor: Visitor, search: str) -> str:
    links = visitor.get(f"/audit?{search}").page.links()
    return next(one for one in links if one.startswith("/audit/"))


def test_entries_are_found_by_who_what_on_what_and_when(console: Console) -> None:
    visitor = console.visitor("inspector")
    ((number,),) = console.ask("SELECT number FROM work_order ORDER BY number LIMIT 1")
    of_one = rows(visitor.get(f"/audit?thing={number}"))
    assert {row[3] for row in of_one} == {number}
    created = rows(visitor.get(f"/audit?thing={number}&kind=work_order.create"))
    assert [row[2] for row in created] == ["created the work order"]
    by_one = rows(visitor.get("/audit?person=kufang"))
    assert {row[1] for row in by_one} == {"曹国栋"}
    assert rows(visitor.get("/audit?since=2026-11-24")) == []
    assert rows(visitor.get("/audit?until=2026-11-22")) == []
    assert rows(visitor.get("/audit?since=2026-11-23&until=2026-11-23")) != []


def test_whatever_the_log_can_tell_of_may_be_looked_for() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(SERVER.rglob("*.py")))
    noted = re.findall(r'\b(?:office|self)\.event\(\s*"([a-z._]+)"', source)
    begun = re.findall(r'\bEvent\(\s*kind="([a-z._]+)"', source)
    assert sorted({*noted, *begun, *get_args(Look), *troubles.KINDS}) == sorted(EVENTS)


def test_whatever_the_log_can_tell_of_is_worded_in_both_languages(console: Console) -> None:
    for language in LANGUAGES:
        groups = console.office.texts.catalogues[language].groups
        assert sorted(groups["console.events"]) == sorted(EVENTS)
        assert sorted(REGISTRY.kinds.keys() - groups["kinds"].keys()) == []
        page = console.visitor("inspector", language).get("/audit").page
        offered = {one["value"]: one.text for one in page.by_id("f-kind").all("option")}
        assert set(offered) == {"", *REGISTRY.kinds, *EVENTS}
        assert [kind for kind, words in offered.items() if words in {kind, ""}] == []


def test_a_look_at_a_full_number_is_found_by_its_kind(new_console: Console) -> None:
    ((customer,),) = new_console.ask("SELECT id FROM customer ORDER BY id LIMIT 1")
    asked = new_console.visitor("dispatcher").send(
        f"/customers/{customer}", f"/customers/{customer}/phones"
    )
    assert asked.status == 200
    inspector = new_console.visitor("inspector")
    (told,) = rows(inspector.get("/audit?kind=phone.reveal"))
    assert told[2] == "looked at a full telephone number"


def test_pages_of_entries_follow_each_other_without_a_gap(console: Console) -> None:
    visitor = console.visitor("inspector")
    one = visitor.get("/audit?kind=master.put")
    (onwards,) = [link["href"] for link in one.page.all("a", rel="next")]
    two = visitor.get(onwards)
    seen = [link for answer in (one, two) for link in answer.page.links() if "/audit/" in link]
    assert len(seen) == len(set(seen)) == 100
    assert visitor.get("/audit?after=nonsense").status == 400


def test_one_entry_is_checked_here_and_now(console: Console) -> None:
    visitor = console.visitor("inspector")
    settled(console)
    page = visitor.get(first(visitor, "kind=ticket.open")).page
    beside = page.by_id("beside")
    assert "Checked just now: entry" in beside.text
    assert "is part of the" in beside.text
    told = dict(
        zip(
            (one.text for one in beside.all("dt")),
            (one.text for one in beside.all("dd")),
            strict=True,
        )
    )
    path = [bytes.fromhex(one.text) for one in beside.all("li", cls="mono")]
    head = (int(told["Entries"]), bytes.fromhex(told["Signed root"]))
    assert includes(bytes.fromhex(told["Fingerprint"]), int(told["Entry"]), path, head)


def test_the_whole_log_is_checked_and_told_in_words(console: Console) -> None:
    settled(console)
    english = console.visitor("inspector").send("/audit", "/audit/verify")
    assert "nothing was changed, added or taken away" in english.text
    chinese = console.visitor("inspector", "zh").send("/audit", "/audit/verify")
    assert "没有被篡改、增加或删除，签名全部正确。" in chinese.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_entry_that_was_changed_is_found_and_named(new_console: Console, language: str) -> None:
    visitor = new_console.visitor("inspector", language)
    settled(new_console)
    link = first(visitor, "kind=ticket.open")
    with new_console.office.writing() as books:
        books.exec_driver_sql(
            "UPDATE op SET verdict = 'rejected' WHERE op_id = ?", (link.rpartition("/")[2],)
        )
    words = {
        "en": "Something is amiss: an act is not as its entry says",
        "zh": "发现问题：操作与其记录不一致",
    }[language]
    assert words in visitor.get(link).text
    assert words in visitor.send("/audit", "/audit/verify").text


def settled(console: Console) -> None:
    """Wait until every entry is signed."""
    until = time.monotonic() + WAIT_S
    console.now_ms += 2_000
    while True:
        with console.office.reading() as books:
            waiting = books.exec_driver_sql(
                "SELECT count(*) FROM leaf WHERE number IS NULL"
            ).scalar()
            size = queries.log_size(books)[1]
            signed = books.exec_driver_sql("SELECT max(size) FROM tree_head").scalar()
        if not waiting and signed == size:
            return
        assert time.monotonic() < until, "the notary does not sign"
        threading.Event().wait(0.02)


def test_the_end_of_a_task_is_found_by_the_job_it_was_about(console: Console) -> None:
    (number, *_), *_ = console.ask(
        "SELECT w.number FROM op o JOIN task t ON t.id = o.on_id "
        "JOIN work_order w ON w.id = t.home_id WHERE o.kind = 'task.close' ORDER BY w.number"
    )
    page = console.visitor("administrator").get(f"/audit?thing={number}&kind=task.close").page
    rows = [row.text for row in page.all("tbody")[0].all("tr")]
    assert rows
    assert all("closed a task" in row and number in row for row in rows)
