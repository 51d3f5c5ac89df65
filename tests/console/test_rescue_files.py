"""A rescue file at the console: seen before anything is entered, taken by a click, once."""

import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared import rescue
from shared.rescue import Cover, Manifest, Sealer, Torn, name_of, public_text
from tests.console.house import Answer, Console, Visitor
from tests.server.rim.company import signed

PATH = "/rescue-files"
KEY = ec.generate_private_key(ec.SECP256R1())


def packed(console: Console) -> bytes:
    """The file of a phone of the demo company, whose key is known here."""
    ((device, person),) = console.ask("SELECT id, person_id FROM device ORDER BY id LIMIT 1")
    der = public_text(KEY.public_key())
    with console.office.writing() as books:
        books.exec_driver_sql("UPDATE device SET public_key = ? WHERE id = ?", (der, device))
    to = console.office.keys.rescue_public
    cover = Cover(id="1", key=name_of(to), ephemeral=public_text(KEY.public_key()), ops=0, files=0)
    sealer = Sealer(cover, to, KEY)
    manifest = Manifest(device=device, person=person, app="a", made_at=console.now_ms)
    content = [sealer.begin(), sealer.say(manifest), sealer.say(Torn(what="op", name="17"))]
    return b"".join([*content, sealer.end(device, lambda text: signed(KEY, text))])


def upload(visitor: Visitor, content: bytes, **fields: Any) -> Answer:
    """What a browser sends: the fields of the form in their order, the file last."""
    form = visitor.get(PATH).page.form(PATH)
    data = {"csrf": form["csrf"], "op": form["op"], **fields}
    files = {"file": ("zhou.rescue", content, "application/octet-stream")}
    return Answer(visitor.client.post(PATH, data=data, files=files))


def taken(console: Console) -> int:
    """How often somebody took one in."""
    ((count,),) = console.ask("SELECT count(*) FROM op WHERE kind = 'rescue.take'")
    return int(count)


def left(console: Console) -> set[str]:
    """What is kept of files that were looked at; the demo company has a part of its own."""
    return {one for one in console.office.parts.touched() if one[14] == "7"}


def test_a_file_is_seen_and_then_taken_and_the_log_says_by_whom(new_console: Console) -> None:
    dispatcher = new_console.visitor("dispatcher")
    seen = upload(dispatcher, packed(new_console))
    assert seen.status == 200
    assert "Nothing of it is" not in seen.text
    assert "There is no work in this file." in seen.text
    assert "Entry 17" in seen.text
    assert (taken(new_console), len(left(new_console))) == (0, 1)

    form = seen.page.form(PATH + "/take")
    answer = dispatcher.post(PATH + "/take", form)
    assert "The file has been taken in." in answer.text
    assert (taken(new_console), left(new_console)) == (1, set())
    assert "took a rescue file in" in dispatcher.get("/audit?kind=rescue.take").text

    again = dispatcher.post(PATH + "/take", form)
    assert again.status == 422
    assert "here no more" in again.text


def test_it_speaks_the_language_of_the_page(new_console: Console) -> None:
    seen = upload(new_console.visitor("dispatcher", "zh"), packed(new_console))
    assert "未在文件中" in seen.text
    assert "记录 17" in seen.text


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", rescue.MAGIC + b"{}\n"])
def test_a_file_that_is_none_is_told_beside_the_form_and_not_kept(
    console: Console, content: bytes
) -> None:
    answer = upload(console.visitor("dispatcher"), content)
    assert answer.status == 422
    assert "rescue file" in answer.text
    assert answer.page.form(PATH)
    assert left(console) == set()


def test_only_our_own_page_uploads_one(console: Console) -> None:
    dispatcher = console.visitor("dispatcher")
    for proof in ("", "0" * 128, "é", "x" * 5_000):
        answer = upload(dispatcher, b"x" * 100_000, csrf=proof)
        assert answer.status in (400, 403), proof
    foreign = dispatcher.client.post(PATH, content=b"x", headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert left(console) == set()


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("text/plain", b"x", 415),
        ("multipart/form-data", b"x", 415),
        ("multipart/form-data; boundary=x", b"no parts", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnothing", 400),
    ],
)
def test_what_is_no_form_is_refused(
    console: Console, kind: str, content: bytes, status: int
) -> None:
    client = console.visitor("dispatcher").client
    answer = client.post(PATH, content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert left(console) == set()


def test_a_file_that_says_it_is_too_large_is_not_waited_for(console: Console) -> None:
    dispatcher = console.visitor("dispatcher")
    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": "3000000000"}
    answer = Answer(dispatcher.client.post(PATH, content=b"x", headers=headers))
    assert answer.status == 422
    assert "more in this rescue file" in answer.text


def test_nobody_else_takes_in_what_somebody_looked_at(new_console: Console) -> None:
    seen = upload(new_console.visitor("dispatcher"), packed(new_console))
    form = seen.page.form(PATH + "/take")
    other = new_console.visitor("administrator")
    answer = other.post(PATH + "/take", {**other.proof(), "file": str(form["file"])})
    assert answer.status == 422
    assert taken(new_console) == 0


@pytest.mark.parametrize("role", ["technician", "finance"])
def test_who_may_let_no_phone_in_may_take_no_file_in(console: Console, role: str) -> None:
    visitor = console.visitor(role)
    assert visitor.get(PATH).status == 403
    files = {"file": ("x", b"x" * 10, "application/octet-stream")}
    assert visitor.client.post(PATH, data=visitor.proof(), files=files).status_code == 403
    assert re.search(PATH, visitor.get("/account").text) is None
