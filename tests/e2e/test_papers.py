"""Papers from outside: the same report from a phone and from the office, by command and by HTTP."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pypdfium2
import pytest
import requests
from msgspec import Struct

from shared.ids import derive
from tests.e2e.conftest import Company
from tests.e2e.processes import ANSWER_S, Desk, Phone, Ran, Told, fieldfare
from tests.e2e.test_photos import photo, picture
from tests.proof import INK

pytestmark = pytest.mark.slow

LOGIN: Final = "zhou.jian"


def visited(company: Company, folder: Path) -> tuple[Phone, str]:
    """A job with a visit that has ended, one photo and one note, which nobody has signed for."""
    phone = company.phone(LOGIN)
    number = str(company.job(LOGIN)["number"])
    phone.sync()
    phone.work(number, "accept", "depart", "arrive", "start")
    photo(phone, number, picture(folder / "a.jpg", seed=7), "--caption", "the board")
    phone.must("note.add", number, text="Keep the door closed.", audience="customer")
    told = {"outcome": "no_fault_found", "diagnosis": "Loose plug", "work_done": "Fastened"}
    phone.must("work_order.complete", number, **told)
    return phone, number


def sign(phone: Phone, number: str, folder: Path) -> Told:
    """Have it signed, in Chinese."""
    strokes = folder / "strokes.json"
    strokes.write_bytes(msgspec.json.encode(INK))
    more = ("--name", "陈美玲", "--rating", "5", "--strokes", str(strokes), "--language", "zh")
    ran = phone.run("sign", "--wo", number, *more)
    assert ran.code == 0, ran
    told: Told = ran.told
    return told


def text_of(pdf: bytes) -> str:
    """All the text of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def fetched(desk: Desk, path: str, **params: str) -> requests.Response:
    """What the server answers to somebody of the office."""
    return requests.get(desk.url + path, params=params, headers=desk.headers, timeout=ANSWER_S)


class Signed(Struct):
    """A job before it was signed for, and after."""

    phone: Phone
    number: str
    before: Ran
    pdf_before: bytes
    told: Told


@pytest.fixture(scope="module")
def signed(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """One visit that was signed for on the phone, and has not been synchronised since."""
    folder = tmp_path_factory.mktemp("signed")
    phone, number = visited(company, folder)
    out = folder / "before.pdf"
    before = phone.run("report", "--wo", number, "--out", str(out), "--language", "en")
    told = sign(phone, number, folder)
    return Signed(phone, number, before, out.read_bytes(), told)


def test_what_nobody_signed_is_printed_and_says_so(signed: Signed) -> None:
    assert (signed.before.code, signed.before.errors) == (0, ""), signed.before
    assert set(signed.before.told) == {"file", "content_hash", "pages", "state"}
    assert signed.before.told["state"] == "unsigned"
    assert "Not signed" in text_of(signed.pdf_before)


def test_phone_and_office_print_the_same_report_of_what_was_signed(
    company: Company, signed: Signed, tmp_path: Path
) -> None:
    phone, number, told = signed.phone, signed.number, signed.told
    mine = phone.run("report", "--wo", number, "--out", str(tmp_path / "phone.pdf"))
    assert (mine.code, mine.errors) == (0, ""), mine
    assert mine.told["file"] == str(tmp_path / "phone.pdf")
    assert mine.told["state"] == "pending"
    assert phone.sync().code == 0
    out = str(tmp_path / "office.pdf")
    place = ("--data", company.server.data)
    theirs = fieldfare("report", *place, "--wo", number, "--out", out)
    assert (theirs.code, theirs.errors) == (0, ""), theirs
    assert theirs.told["content_hash"] == mine.told["content_hash"]
    assert theirs.told["pages"] == mine.told["pages"]
    texts = [text_of((tmp_path / name).read_bytes()) for name in ("phone.pdf", "office.pdf")]
    for text in texts:
        assert number in text
        assert told["code"] in text
        assert told["seal"] in text.replace("\r\n", "").replace("\n", "")
        assert mine.told["content_hash"] in text
        assert "陈美玲" in text
        assert "Keep the door closed." in text


def test_language_and_size_are_chosen(signed: Signed, tmp_path: Path) -> None:
    def printed(name: str, *more: str) -> Told:
        out = str(tmp_path / name)
        ran = signed.phone.run("report", "--wo", signed.number, "--out", out, *more)
        assert ran.code == 0, ran
        told: Told = ran.told
        return told

    chinese, roll = printed("zh.pdf"), printed("roll.pdf", "--paper", "80mm")
    english = printed("en.pdf", "--language", "en")
    assert chinese["content_hash"] == roll["content_hash"] != english["content_hash"]
    assert "Service report" in text_of((tmp_path / "en.pdf").read_bytes())
    assert "售后服务报告" in text_of((tmp_path / "roll.pdf").read_bytes())


@pytest.mark.parametrize("side", ["phone", "office"])
def test_an_unknown_number_and_a_file_that_cannot_be_written_are_told(
    company: Company, signed: Signed, tmp_path: Path, side: str
) -> None:
    def report(*words: str) -> Any:
        if side == "phone":
            return signed.phone.run("report", *words)
        return fieldfare("report", "--data", company.server.data, *words)

    ran = report("--wo", "WO-99-1", "--out", str(tmp_path / "a.pdf"))
    assert (ran.code, ran.told["code"], ran.told["field"]) == (3, "unknown_subject", "wo"), ran
    for out in (tmp_path, tmp_path / "nothing" / "a.pdf"):
        ran = report("--wo", signed.number, "--out", str(out))
        assert (ran.code, ran.told["code"], ran.errors) == (3, "file_not_written", ""), ran
        assert str(out) in ran.told["reason"]
    assert list(tmp_path.iterdir()) == []


def test_papers_are_had_by_http_and_a_look_is_written_down_once(
    company: Company, signed: Signed
) -> None:
    assert signed.phone.sync().code == 0
    desk, number = company.desk, signed.number
    answer = fetched(desk, f"/api/work-orders/{number}/report.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="{number}.pdf"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]
    assert answer.content.startswith(b"%PDF-")
    roll = fetched(desk, f"/api/work-orders/{number}/report.pdf", paper="80mm", language="en")
    assert roll.headers["content-disposition"] == f'inline; filename="{number}-80mm-en.pdf"'
    order = fetched(desk, f"/api/work-orders/{number}/dispatch.pdf", language="zh")
    assert order.headers["content-disposition"] == f'inline; filename="{number}-dispatch-zh.pdf"'
    assert "服务派工单" in text_of(order.content)
    leaves = desk.get("/api/audit", work_order=number)["items"]
    assert [one["kind"] for one in leaves].count("papers.read") == 1


def test_nobody_has_a_paper_without_the_right_or_of_nothing(
    company: Company, signed: Signed
) -> None:
    desk, path = company.desk, f"/api/work-orders/{signed.number}/report.pdf"
    assert requests.get(desk.url + path, timeout=ANSWER_S).status_code == 401
    assert fetched(Desk(desk.url, LOGIN), path).status_code == 403
    for wrong in ({"language": "fr"}, {"paper": "a0"}, {"colour": "red"}):
        assert fetched(desk, path, **wrong).status_code == 400
    for gone in ("work-orders/WO-1/report.pdf", "receipts/nobody.pdf", "take-aways/x"):
        answer = fetched(desk, f"/api/{gone}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), gone


def test_a_receipt_is_had_by_the_id_of_what_it_is_for(company: Company, signed: Signed) -> None:
    phone, number = signed.phone, signed.number
    what = {"what": "Control board", "reason": "Repair on the bench", "serial": "S-1"}
    item = derive(phone.must("item.take", number, **what), "item")
    phone.sync()
    answer = fetched(company.desk, f"/api/take-aways/{item}.pdf", language="en")
    assert answer.status_code == 200, answer.text
    text = text_of(answer.content)
    assert [one for one in ("Take-away receipt", "Control board", "S-1") if one not in text] == []
