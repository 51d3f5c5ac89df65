"""What the wire makes of everything a server, a network or a stranger may answer."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from mobile import wire
from mobile.connections import thumbprint
from mobile.wire import Refused, Throttled, TooSlow, Unauthorised, Unreachable, Wire
from shared.ops import Stamp
from sync.enrolment import Access, Enrolled, Introduction, Owner
from tests.mobile.wires import JSON, PROBLEM, Answer, Office, certificate, office, trickling

TOKEN = "a-very-secret-token"


@contextmanager
def answering(*answers: Answer, **more: Path) -> Iterator[tuple[Wire, Office]]:
    with office(*answers, **more) as (url, server):
        line = Wire(url)
        yield line, server
        line.close()


def test_a_round_trip_is_compressed_both_ways_and_signed_with_the_token() -> None:
    with answering(Answer(body=b'{"now":1}')) as (line, server):
        assert line.sync(b'{"ask":1}', TOKEN) == b'{"now":1}'
    (heard,) = server.heard
    assert (heard.path, heard.body) == ("/sync", b'{"ask":1}')
    assert heard.headers["Authorization"] == f"Bearer {TOKEN}"
    assert heard.headers["Content-Encoding"] == "gzip"


def test_a_token_is_had_for_a_signed_nonce() -> None:
    answers = (
        Answer(body=b'{"nonce":"n1"}'),
        Answer(body=b'{"token":"t1","expires_in":600}'),
    )
    with answering(*answers) as (line, server):
        assert line.nonce("d1") == "n1"
        assert line.access("d1", "n1", "s1") == Access(token="t1", expires_in=600)
    assert [msgspec.json.decode(one.body) for one in server.heard] == [
        {"device": "d1"},
        {"device": "d1", "nonce": "n1", "signature": "s1"},
    ]
    assert all("Authorization" not in one.headers for one in server.heard)


TOLD = Introduction(code="AB-12", public_key="MFk", name="Ann's phone", app="test")


def test_a_code_is_traded_for_an_identity() -> None:
    owner = Owner(id="p1", login="ann", name="Ann", code="T07")
    stamp = Stamp(epoch="e1", server_ms=5, key="k", mac8="0" * 16)
    known = Enrolled(device="d1", person=owner, server_epoch="e1", stamp=stamp, now=5)
    with answering(Answer(body=msgspec.json.encode(known))) as (line, server):
        assert line.enrol(TOLD) == known
    assert server.heard[0].path == "/enrol"
    assert msgspec.json.decode(server.heard[0].body, type=Introduction) == TOLD


REFUSAL = b'{"type":"about:blank","code":"code_used","title":"Used","detail":"Ask again"}'
ANSWERS: list[tuple[Answer, Exception]] = [
    (Answer(status=401, body=b'{"code":"expired"}', headers=PROBLEM), Unauthorised()),
    (Answer(status=429, headers={"Retry-After": "7"}), Throttled(7, 429)),
    (Answer(status=503, headers={"Retry-After": "7"}), Throttled(7, 503)),
    (Answer(status=503, headers={"Retry-After": "99999999"}), Throttled(3600, 503)),
    (Answer(status=503), Unreachable()),
    (Answer(status=500, body=REFUSAL, headers=PROBLEM), Unreachable()),
    (Answer(status=502, body=b"<html>", headers={"Content-Type": "text/html"}), Unreachable()),
    (Answer(status=404, body=b"<html>", headers={"Content-Type": "text/html"}), Unreachable()),
    (Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}), Unreachable()),
    (Answer(body=b"<html>", headers={"Content-Type": "text/html"}), Unreachable()),
]


@pytest.mark.parametrize(("answer", "expected"), ANSWERS)
def test_an_answer_means_what_somebody_has_to_do(answer: Answer, expected: Exception) -> None:
    """C07."""
    with answering(answer) as (line, _), pytest.raises(type(expected)) as raised:
        line.sync(b"{}", TOKEN)
    if isinstance(expected, Throttled):
        assert isinstance(raised.value, Throttled)
        told = (raised.value.retry_after_s, raised.value.status)
        assert told == (expected.retry_after_s, expected.status)


def test_a_refusal_says_why() -> None:
    answer = Answer(status=409, body=REFUSAL, headers=PROBLEM)
    with answering(answer) as (line, _), pytest.raises(Refused) as raised:
        line.enrol(TOLD)
    expected = wire.Problem(status=409, code="code_used", title="Used", detail="Ask again")
    assert raised.value.problem == expected


def test_a_refusal_that_cannot_be_read_is_still_one() -> None:
    answer = Answer(status=403, body=b"{", headers=PROBLEM)
    with answering(answer) as (line, _), pytest.raises(Refused) as raised:
        line.sync(b"{}", TOKEN)
    assert raised.value.problem == wire.Problem(status=403)


def test_an_answer_of_the_wrong_shape_is_nobodys() -> None:
    with answering(Answer(body=b'{"hello":1}')) as (line, _), pytest.raises(Unreachable):
        line.nonce("d1")


def test_where_nobody_listens_nobody_is_reached() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable) as raised:
        Wire(f"http://127.0.0.1:{port}").sync(b"{}", TOKEN)
    assert not isinstance(raised.value, TooSlow)


def test_an_answer_that_does_not_come_in_time_is_too_slow() -> None:
    with office(Answer(slow_s=0.5)) as (url, _):
        line = Wire(url, deadlines=wire.Deadlines(reply_s=0.1))
        with pytest.raises(TooSlow):
            line.sync(b"{}", TOKEN)
        line.close()


def test_an_answer_that_never_ends_is_cut_off() -> None:
    with office(Answer(body=b"x" * 3_000_000)) as (url, _):
        line = Wire(url, deadlines=wire.Deadlines(whole_s=-1.0))
        with pytest.raises(TooSlow):
            line.sync(b"{}", TOKEN)
        line.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TRICKLES = {
    "head": b"HTTP/1.1 200 OK\r\nX-",
    "body": HEAD + b"Content-Length: 100000\r\n\r\n",
    "endless": HEAD + b"\r\n",
}


@pytest.mark.parametrize("opening", TRICKLES.values(), ids=TRICKLES)
def test_a_server_that_sends_a_byte_at_a_time_holds_nobody_past_the_deadline(
    opening: bytes,
) -> None:
    """C16."""
    began = time.monotonic()
    with trickling(opening) as url:
        line = Wire(url, deadlines=wire.Deadlines(reply_s=30.0, whole_s=0.2))
        with pytest.raises(TooSlow):
            line.sync(b"{}", TOKEN)
        line.close()
    assert 0.2 <= time.monotonic() - began < 10.0


def test_what_is_going_on_is_ended_from_outside_and_nothing_begins_after() -> None:
    with trickling(TRICKLES["body"]) as url:
        line = Wire(url)
        threading.Timer(0.05, line.hang_up).start()
        for _ in range(2):
            with pytest.raises(Unreachable):
                line.sync(b"{}", TOKEN)
        line.close()


def test_an_answer_too_large_for_a_phone_is_not_taken() -> None:
    bomb = Answer(body=b" " * (wire.REPLY_BYTES_MAX + 1))
    with answering(bomb) as (line, _), pytest.raises(Unreachable, match="larger"):
        line.sync(b"{}", TOKEN)


def test_a_token_is_in_no_message_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """S11."""
    caplog.set_level(logging.DEBUG)
    with answering(Answer(status=500)) as (line, _), pytest.raises(Unreachable) as raised:
        line.sync(b"{}", TOKEN)
    assert TOKEN not in caplog.text + str(raised.value) + repr(raised.value.__cause__)


def test_a_proxy_of_the_environment_is_not_asked_about_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    with answering(Answer(body=b"{}")) as (line, _):
        assert line.sync(b"{}", TOKEN) == b"{}"


def test_the_key_of_the_enrolment_text_is_trusted_and_no_other(tmp_path: Path) -> None:
    """S5."""
    pem, der = certificate(tmp_path)
    with office(Answer(body=b"{}", headers=dict(JSON)), tls=pem) as (url, server):
        pinned = Wire(url, thumbprint(der))
        assert pinned.sync(b"{}", TOKEN) == b"{}"
        pinned.close()
        for other in (Wire(url), Wire(url, "A" * 43)):
            with pytest.raises(Unreachable):
                other.sync(b"{}", TOKEN)
            other.close()
    assert len(server.heard) == 1
