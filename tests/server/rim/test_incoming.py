"""Mailboxes and other systems: nothing that comes in is lost, and nothing is there twice."""

import hashlib
import mailbox
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import administration, mail
from tests.server.rim.company import START_MS, Company

READ_S_MAX = 2  # of one message; it takes some milliseconds
KEY = "a key that nobody guesses"
BROUGHT: dict[str, Any] = {"reference": "E14-7", "text": "Compressor alarm", "sender": "ERP"}
PLAIN = """From: =?utf-8?b?5rKI5bKa?= <lan@example.org>\r
To: service@example.org\r
Subject: =?utf-8?b?5oql5L+u?=\r
Date: Tue, 17 Nov 2026 09:00:00 +0800\r
Message-ID: <{id}@example.org>\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
空调滴水，麻烦上门。\r
"""
PAGE = """From: Kim <kim@example.org>
Subject: Leak
Message-ID: <page@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<html><head><style>p {color: red}</style></head><body><p>It drips.</p><script>x()</script>
<p>Please &amp; thanks</p></body></html>
--b
Content-Type: image/jpeg; name="plate.jpg"
Content-Disposition: attachment; filename="plate.jpg"
Content-Transfer-Encoding: base64

AAEC
--b--
"""


def message(identity: str = "one") -> bytes:
    return PLAIN.replace("{id}", identity).encode()


def taken(company: Company, data: bytes) -> bool:
    """Whether a message was new."""
    _, new = mail.take_in(company.office, data)
    return new


def came(company: Company) -> list[tuple[Any, ...]]:
    with company.office.reading() as books:
        rows = books.exec_driver_sql(
            "SELECT channel, sender, contact, subject, text, received_at FROM enquiry ORDER BY id"
        )
        return [tuple(row) for row in rows]


def test_a_message_is_kept_by_its_words_and_from_when_it_was_sent(company: Company) -> None:
    assert taken(company, message())
    ((channel, sender, contact, subject, text, received),) = came(company)
    assert (channel, sender, contact) == ("email", "沈岚", "lan@example.org")
    assert (subject, text) == ("报修", "空调滴水，麻烦上门。")
    assert received == 1_794_877_200_000


def test_the_same_message_twice_is_there_once(company: Company) -> None:
    assert [taken(company, message()) for _ in range(3)] == [True, False, False]
    assert taken(company, message("two"))
    assert len(came(company)) == 2


def test_of_a_page_the_words_are_kept_and_attachments_by_name() -> None:
    told = mail.read(PAGE.encode(), START_MS)
    assert told["text"] == "It drips.\n\nPlease & thanks"
    assert told["files"] == [{"name": "plate.jpg", "type": "image/jpeg", "size": 3}]
    assert told["received_at"] == START_MS


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"nothing but a line", b"X-Only: header\n\n"])
def test_what_is_no_message_is_said_and_keeps_nothing(company: Company, data: bytes) -> None:
    with pytest.raises(mail.Unreadable) as wrong:
        taken(company, data)
    assert (wrong.value.code, came(company)) == ("no_mail", [])


def test_a_message_that_is_too_large_is_said() -> None:
    with pytest.raises(mail.Unreadable) as wrong:
        mail.read(b"x" * (mail.MESSAGE_BYTES_MAX + 1), START_MS)
    assert wrong.value.code == "mail_too_large"


@pytest.mark.parametrize(
    "header",
    [
        b"Date: Mon, 99 Foo 2026 99:00:00 +9999",
        b"Date: Fri, 20 Nov 9999 09:00:00 +0800",
        b"From: =?nowhere?b?////?= <",
        b"Subject: =?utf-8?q?=FF=FE?= \x07bell",
        b"Content-Type: text/plain; charset=nowhere",
    ],
)
def test_a_message_that_is_odd_is_kept_all_the_same(company: Company, header: bytes) -> None:
    data = b"Subject: Odd\nFrom: a@example.org\n" + header + b"\n\nIt drips.\n"
    assert taken(company, data)
    assert came(company)[0][5] <= START_MS


NESTED = b"(" * 3000
HEAD = b"Subject: Odd\nFrom: a@example.org\n"
FILE = b"Content-Type: text/plain\nContent-Disposition: attachment; filename*=utf-7''%2b2AA-\n"
PARTS = b"Content-Type: multipart/mixed; boundary=b\n\nx\n--b\n" + FILE + b"\nhi\n--b--\n"


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: Odd\nFrom: " + NESTED + b" a@example.org\n\nIt drips.\n",
        HEAD + b"Message-ID: <" + NESTED + b"\n\nIt drips.\n",
        HEAD + PARTS,
    ],
)
def test_a_message_that_the_library_stumbles_over_is_kept(company: Company, data: bytes) -> None:
    assert taken(company, data)
    assert taken(company, data) is False
    assert [row[3] for row in came(company)] == ["Odd"]


TYPED = HEAD + b"Content-Type: text/html\n\nIt drips."


@pytest.mark.parametrize(
    "data",
    [
        TYPED + b"<" * 60_000,
        TYPED + b"<br" * 60_000,
        b"Subject: Odd\nFrom: " + b"a," * 30_000 + b"\n\nIt drips.",
        HEAD + b"Content-Type: text/plain; charset=Punycode\n\na-" + b"a" * 300_000,
    ],
)
def test_a_message_that_is_made_to_be_read_for_hours_is_read_in_time(data: bytes) -> None:
    begun = time.thread_time()
    assert mail.read(data, START_MS)["subject"] == "Odd"
    assert time.thread_time() - begun < READ_S_MAX


def test_another_message_under_a_known_id_is_kept_too(company: Company) -> None:
    other = message().replace("空调滴水".encode(), "冰箱不制冷".encode())
    assert [taken(company, one) for one in (message(), other)] == [True, True]
    again = b"Received: from relay; Tue, 17 Nov 2026 09:05:00 +0800\r\n"
    assert [taken(company, again + one) for one in (message(), other)] == [False] * 2
    assert len(came(company)) == 2


def test_a_mailbox_is_taken_in_whole_and_one_bad_message_stops_no_other(
    company: Company, tmp_path: Path
) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for identity in ("one", "two", "one"):
        box.add(message(identity))
    box.close()
    assert mail.take_in_all(company.office, tmp_path / "box") == mail.Taken(new=2, known=1)
    folder = mailbox.Maildir(tmp_path / "dir")
    folder.add(message("three"))
    assert mail.take_in_all(company.office, tmp_path / "dir") == mail.Taken(new=1)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.eml").write_bytes(b"none")
    (tmp_path / "files" / "b.eml").write_bytes(message("four"))
    taken = mail.take_in_all(company.office, tmp_path / "files")
    assert taken == mail.Taken(new=1, unreadable=1)
    assert mail.take_in_all(company.office, tmp_path / "files" / "b.eml") == mail.Taken(known=1)


def test_a_key_is_made_with_the_digest_that_the_settings_name(company: Company) -> None:
    made = administration.intake_key(company.office)
    assert hashlib.sha256(made["key"].encode()).hexdigest() == made["intake_keys"]


@pytest.fixture
def connected(tmp_path: Path) -> Iterator[Company]:
    """A company whose settings name the digest of one key."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    made = Company(tmp_path / "connected", intake_keys=(digest,))
    with made.client:
        yield made


def brought(company: Company, key: str = KEY, **told: Any) -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return company.client.post("/api/enquiries", json={**BROUGHT, **told}, headers=headers)


def test_another_system_brings_a_request_once_under_its_own_reference(connected: Company) -> None:
    answers = [brought(connected).json() for _ in range(2)]
    assert [one["new"] for one in answers] == [True, False]
    assert answers[0]["id"] == answers[1]["id"]
    assert brought(connected, reference="E14-8").json()["new"]
    assert [row[:2] for row in came(connected)] == [("api", "ERP")] * 2


@pytest.mark.parametrize("key", ["", "another key", "*", KEY + "x"])
def test_without_its_key_nobody_brings_anything(connected: Company, key: str) -> None:
    assert (brought(connected, key).status_code, came(connected)) == (401, [])


def test_where_no_key_is_set_nobody_brings_anything(company: Company) -> None:
    assert (brought(company).status_code, came(company)) == (401, [])


def test_a_key_opens_nothing_else(connected: Company) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    for path in ("/api/tickets", "/api/work-orders", "/api/audit"):
        assert connected.client.get(path, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "told", [{"text": ""}, {"text": "\u200b"}, {"reference": ""}, {"asset": "x"}, {"state": "new"}]
)
def test_what_cannot_be_kept_is_refused(connected: Company, told: dict[str, Any]) -> None:
    answer = brought(connected, **told)
    assert (answer.status_code, came(connected)) == (400, [])
