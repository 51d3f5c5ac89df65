"""What is said at the door is written by one end and read by the other, and spelt once."""

import msgspec
import pytest

from shared.ops import Stamp
from sync.enrolment import (
    Access,
    Challenge,
    Enrolled,
    Introduction,
    Invitation,
    Nonce,
    Owner,
    invitation_text,
    read_invitation,
    token_text,
)

STAMP = Stamp(epoch="e1", server_ms=5, key="k", mac8="0" * 16)
OWNER = Owner(id="p1", login="ann", name="Ann", code="T07")
SAID = [
    (
        Introduction(code="AB-12", public_key="MFk", name="Ann's phone", app="test"),
        '{"code":"AB-12","public_key":"MFk","name":"Ann\'s phone","app":"test"}',
    ),
    (
        Enrolled(device="d1", person=OWNER, server_epoch="e1", stamp=STAMP, now=5),
        '{"device":"d1","person":{"id":"p1","login":"ann","name":"Ann","code":"T07"},'
        '"server_epoch":"e1",'
        '"stamp":{"epoch":"e1","server_ms":5,"key":"k","mac8":"0000000000000000"},"now":5}',
    ),
    (Challenge(device="d1"), '{"device":"d1"}'),
    (Nonce(nonce="n1"), '{"nonce":"n1"}'),
    (
        Challenge(device="d1", nonce="n1", signature="s1"),
        '{"device":"d1","nonce":"n1","signature":"s1"}',
    ),
    (Access(token="t1", expires_in=600), '{"token":"t1","expires_in":600}'),
]


@pytest.mark.parametrize(("message", "text"), SAID)
def test_a_message_is_read_as_it_was_said(message: msgspec.Struct, text: str) -> None:
    assert msgspec.json.encode(message).decode() == text
    assert msgspec.json.decode(text, type=type(message)) == message


@pytest.mark.parametrize(("key", "person"), [("", ""), ("A_-" * 14, ""), ("A_-" * 14, "p1")])
def test_an_invitation_is_read_as_it_was_written(key: str, person: str) -> None:
    server = "https://office.example:8470/a path?&=#ü"
    text = invitation_text(server, "7KQ2-9XWM", key, person)
    assert text.isascii()
    assert read_invitation(text) == Invitation(
        server=server, code="7KQ2-9XWM", key=key or None, person=person or None
    )


def test_an_invitation_is_found_in_a_message_and_across_its_broken_lines() -> None:
    text = invitation_text("https://office.example:8470", "7KQ2-9XWM", "A_-" * 14)
    meant = read_invitation(text)
    for message in (
        f"您好，绑定文字：{text} 请查收",
        f"{text}。",
        f"{text}\n\nBest regards, the office",
        f"{text[:30]}\n{text[30:70]}\r\n{text[70:]}\n",
    ):
        assert read_invitation(message) == meant, message


def test_what_an_invitation_leaves_out_is_not_there_and_another_text_is_none() -> None:
    assert read_invitation("fieldfare:1?") == Invitation(server="", code="")
    assert read_invitation("7KQ2-9XWM") is None


def test_what_is_signed_for_a_token_names_device_and_nonce() -> None:
    assert token_text("d1", "n1") == "fieldfare-token|d1|n1"
