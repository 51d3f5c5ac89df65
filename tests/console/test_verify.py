"""Anybody with a paper in hand can check it; a code that was guessed tells nothing."""

from typing import Any

import pytest

from server.portal.verify import TRIES, household, shortened
from tests.console.house import Answer, Console, Visitor

HOSTILE = (
    *("' OR 1=1 --", "<script>alert(1)</script>", "../../etc/passwd", "7F3A%00", "𝟟F3A-91C2"),
    *("A" * 4_000, "%", "_______", "=1+1", "7f3a\n91c2"),
)


@pytest.fixture
def asked(console: Console) -> Console:
    """The shared console, where nobody has tried anything lately."""
    with console.office.writing() as books:
        books.exec_driver_sql("DELETE FROM throttle")
    return console


def paper(console: Console, which: str) -> dict[str, str]:
    """What the QR code of a report holds."""
    ((code, shown, seal),) = console.ask(
        "SELECT s.code, s.shown_hash, s.seal FROM sign_off s "
        "JOIN work_order w ON w.id = s.work_order_id WHERE w.number = ?",
        console.template.examples[which],
    )
    return {"code": code, "shown": shown, "seal": seal, "content": "0" * 64}


def check(console: Console, given: dict[str, str], language: str = "en") -> Answer:
    visitor = Visitor(console, None, "en")
    visitor.client.cookies.clear()
    response = visitor.client.get(
        "/verify", params=given, headers={"accept-language": language, "accept": "text/html"}
    )
    return Answer(response)


def verdict(answer: Answer) -> str:
    return answer.page.all("section", cls="verdict")[0].text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("This report is genuine", "Order", "Service report", "陈*, For the company")),
        ("zh-CN,zh;q=0.9", ("报告真实有效", "派工单", "上门服务报告", "陈*，单位代表")),
    ],
)
def test_a_genuine_paper_is_called_so_and_nobody_is_named(
    asked: Console, language: str, words: tuple[str, ...]
) -> None:
    answer = check(asked, paper(asked, "signed"), language)
    assert answer.status == 200
    assert [one for one in words if one not in answer.text] == []
    assert asked.template.examples["signed"] in answer.text
    assert "¥505.00" in answer.text
    ((name, technician, phone, address),) = asked.ask(
        "SELECT c.name, p.name, c.phone, s.address FROM work_order w "
        "JOIN customer c ON c.id = w.customer_id JOIN site s ON s.id = w.site_id "
        "JOIN assignment a ON a.work_order_id = w.id JOIN person p ON p.id = a.person_id "
        "WHERE w.number = ? LIMIT 1",
        asked.template.examples["signed"],
    )
    personal = (name, technician, phone, address, "陈建国", "设备科")
    assert [one for one in personal if one and one in answer.text] == []


def test_a_paper_that_differs_from_the_records_is_said_to(asked: Console) -> None:
    answer = check(asked, paper(asked, "diverged"))
    assert "The paper and the records differ" in verdict(answer)


@pytest.mark.parametrize("field", ["shown", "seal"])
def test_a_changed_paper_is_no_longer_what_was_signed_and_shows_nothing(
    asked: Console, field: str
) -> None:
    genuine = paper(asked, "signed")
    changed = {**genuine, field: genuine[field][:-1] + ("0" if genuine[field][-1] != "0" else "1")}
    answer = check(asked, changed)
    assert "This is not what was signed" in verdict(answer)
    assert "¥" not in answer.text
    assert asked.template.examples["signed"] not in answer.text


def test_a_code_alone_tells_that_there_is_such_a_report_and_no_more(asked: Console) -> None:
    """S6."""
    code = paper(asked, "signed")["code"]
    for typed in (code, code.lower(), code.replace("-", ""), f" {code} "):
        answer = check(asked, {"code": typed})
        assert "There is a report with this code" in verdict(answer), typed
        assert "¥" not in answer.text
        assert "WO-" not in answer.text


def test_after_a_newer_signature_the_older_paper_says_so(new_console: Console) -> None:
    genuine = paper(new_console, "signed")
    with new_console.office.writing() as books:
        books.exec_driver_sql(
            "INSERT INTO sign_off SELECT 'newer', version, work_order_id, visit_id, group_id, "
            "purpose, subject_id, replace(shown_hash, substr(shown_hash, 1, 8), 'abcdef01'), code, "
            "seal, state, faults, listed, language, signer, signer_role, relation, rating, "
            "refusal, total, currency, outcome, person_id, signed_at, at + 1 FROM sign_off "
            "WHERE shown_hash = ?",
            (genuine["shown"],),
        )
    assert "Genuine, but there is a newer signature" in verdict(check(new_console, genuine))


@pytest.mark.parametrize("same", ["the code", "both hashes"])
def test_no_other_sign_offs_push_a_genuine_paper_aside(new_console: Console, same: str) -> None:
    genuine = paper(new_console, "signed")
    shown = "shown_hash" if same == "both hashes" else "substr(shown_hash, 1, 62) || n"
    with new_console.office.writing() as books:
        books.exec_driver_sql(
            "WITH RECURSIVE counted(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM counted "
            "WHERE n < 40) INSERT INTO sign_off SELECT 'other' || n, version, work_order_id, "
            f"visit_id, 'other' || n, 'quote', subject_id, {shown}, code, "
            "seal, 'diverged', '[\"seal\"]', listed, language, signer, signer_role, relation, "
            "rating, refusal, total, currency, outcome, person_id, signed_at, at + 1 "
            "FROM sign_off, counted WHERE shown_hash = ?",
            (genuine["shown"],),
        )
    assert "This report is genuine" in verdict(check(new_console, genuine))


@pytest.mark.parametrize("code", HOSTILE)
def test_a_hostile_code_is_one_that_nobody_knows(asked: Console, code: str) -> None:
    answer = check(asked, {"code": code, "shown": code, "seal": code})
    assert answer.status == 200
    assert "Nobody knows this code here" in verdict(answer)
    assert "<script>" not in answer.response.text


def test_known_and_unknown_codes_are_answered_in_one_shape(asked: Console) -> None:
    """S6."""
    answers = [check(asked, {"code": code}) for code in ("DEAD-BEEF", "0000-0000")]
    answers.append(check(asked, {"code": paper(asked, "signed")["code"]}))
    shapes = {
        (one.status, tuple(sorted(one.headers)), len(one.page.all("section"))) for one in answers
    }
    assert len(shapes) == 1


def test_who_tries_many_codes_is_stopped_and_told_when_to_come_again(asked: Console) -> None:
    """S6."""
    tries, minutes = TRIES
    visitor = Visitor(asked, None, "en")
    answers = [visitor.get(f"/verify?code={place:04X}-0000") for place in range(tries + 1)]
    assert [one.status for one in answers[:-1]] == [200] * tries
    assert answers[-1].status == 429
    assert 0 < int(answers[-1].headers["retry-after"]) <= minutes * 60
    assert "Too many tries" in answers[-1].text
    assert visitor.get("/verify").status == 200  # the form itself is no try


def test_the_page_asks_for_nothing_else_runs_nothing_and_is_in_no_index(console: Console) -> None:
    answer = Visitor(console, None, "en").get("/verify")
    html = answer.response.text
    assert len(answer.response.content) < 20_000
    for forbidden in ("<script", "<link", "<img", " style=", "http://", "https://"):
        assert forbidden not in html, forbidden
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_looking_changes_no_row_but_the_count_of_tries(asked: Console) -> None:
    """S6."""

    def rows() -> list[Any]:
        return [
            asked.ask(f"SELECT count(*) FROM {one}")
            for one in ("op", "leaf", "sign_off", "task", "session")
        ]

    before = rows()
    check(asked, paper(asked, "signed"))
    assert rows() == before


def test_the_other_language_is_one_link_away_with_the_same_paper(asked: Console) -> None:
    answer = check(asked, paper(asked, "signed"))
    (other,) = [link for link in answer.page.links() if link.startswith("/verify?")]
    assert "报告真实有效" in Visitor(asked, None, "en").get(other).text


def test_names_are_shortened_and_households_are_one() -> None:
    told = {name: shortened(name) for name in ("陈建国", "Ma Chao", "Chao", "Anna Maria Berg", "")}
    assert told == {
        "陈建国": "陈*",
        "Ma Chao": "Ma C*",
        "Chao": "C*",
        "Anna Maria Berg": "Anna B*",
        "": "",
    }
    assert household("2001:db8:1:2:3:4:5:6") == household("2001:db8:1:2::1")
    assert household("2001:db8:1:3::1") != household("2001:db8:1:2::1")
    assert household("192.0.2.7") == "192.0.2.7"


def test_a_site_with_a_misspelt_time_zone_stops_no_page(new_console: Console) -> None:
    with new_console.office.writing() as books:
        books.exec_driver_sql("UPDATE site SET time_zone = 'Asia/Shangai'")
    assert check(new_console, paper(new_console, "signed")).status == 200
    job = f"/work-orders/{new_console.template.examples['signed']}"
    pages = ("/", "/tickets", "/board", job, f"{job}/pays")
    visitor = new_console.visitor()
    assert [path for path in pages if visitor.get(path).status != 200] == []
