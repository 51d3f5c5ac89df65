"""What a form may bring: only so much, and only as our own pages send it."""

import time
from typing import Final

from tests.console.house import Answer, Console, Visitor

PATIENCE_S: Final = 2.0
FORM: Final = "application/x-www-form-urlencoded"


def _sent(visitor: Visitor, content: bytes, kind: str = FORM, path: str = "/sign-in") -> Answer:
    return Answer(visitor.client.post(path, content=content, headers={"content-type": kind}))


def test_a_strangers_flood_of_fields_is_turned_away_before_it_costs_anything(
    console: Console,
) -> None:
    stranger = console.visitor(None)
    floods = [
        b"&".join([b"a=b"] * 60_000),
        b"&".join(b"%d=b" % number for number in range(20_000)),
        b"login=" + b"a" * 1_000_000,
    ]
    began = time.monotonic()
    statuses = [_sent(stranger, flood).status for flood in floods]
    assert statuses == [413, 413, 413]
    assert time.monotonic() - began < PATIENCE_S


def test_a_form_that_was_made_by_nobody_of_ours_is_no_form(console: Console) -> None:
    stranger = console.visitor(None)
    part = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\nadmin\r\n--x--\r\n'
    answer = _sent(stranger, part, "multipart/form-data; boundary=x")
    assert (answer.status, answer.page.form("/sign-in")["login"]) == (401, "")


def test_no_password_stays_in_the_memory_of_a_parser(console: Console) -> None:
    from litestar import _parsers

    before = _parsers.parse_url_encoded_form_data.cache_info().currsize
    _sent(console.visitor(None), b"login=nobody.at.all&password=kept-by-nobody")
    assert _parsers.parse_url_encoded_form_data.cache_info().currsize == before


def test_text_that_is_no_text_is_refused_in_words(console: Console) -> None:
    stranger = console.visitor(None)
    odd = [b"login=%ED%A0%80&password=a", b"login=%00&password=a", b"login=\xff\xfe&password=a"]
    assert [_sent(stranger, one).status for one in odd] == [400, 400, 400]
