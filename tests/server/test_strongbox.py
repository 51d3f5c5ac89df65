"""The strongbox: whoever lacks the key reads nothing, and no change goes unnoticed."""

import io
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from server import strongbox
from server.keys import Exposed
from server.settings import Unfit
from server.strongbox import PIECE_BYTES, TAG_BYTES, Altered, Lock, Locked, Opener, Writer

WORDS = b"the passphrase of the company"


def private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Lock:
    """A lock by a passphrase."""
    words = private(tmp_path_factory.mktemp("words") / "words", WORDS + b"\n")
    return strongbox.lock_of(words, None, os.urandom, None)


def closed(content: bytes, lock: Lock) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, lock, os.urandom)
    for at in range(0, len(content), 700_001):
        writer.write(content[at : at + 700_001])
    writer.close()
    return file.getvalue()


def opened(data: bytes, opener: Opener) -> bytes:
    return b"".join(strongbox.pieces_of(io.BytesIO(data), opener))


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_was_closed_comes_back_byte_for_byte(size: int, lock: Lock) -> None:
    """S14."""
    content = os.urandom(size)
    data = closed(content, lock)
    assert opened(data, strongbox.as_opener(lock)) == content
    assert size < 64 or content[:64] not in data


def test_a_passphrase_opens_what_it_closed_and_another_does_not(tmp_path: Path, lock: Lock) -> None:
    data = closed(b"the books", lock)
    right = strongbox.opener_of(private(tmp_path / "right", WORDS), None)
    assert opened(data, right) == b"the books"
    wrong = strongbox.opener_of(private(tmp_path / "wrong", WORDS + b"?"), None)
    with pytest.raises(Locked):
        opened(data, wrong)


def test_who_has_the_public_key_closes_and_only_the_private_one_opens(tmp_path: Path) -> None:
    mine, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    shown = mine.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public = private(tmp_path / "public.pem", shown)
    data = closed(b"the books", strongbox.lock_of(None, public, os.urandom, None))

    def opener(key: X25519PrivateKey) -> Opener:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return strongbox.opener_of(None, private(tmp_path / "private.pem", pem))

    assert opened(data, opener(mine)) == b"the books"
    with pytest.raises(Locked):
        opened(data, opener(other))
    with pytest.raises(Locked):
        opened(data, strongbox.opener_of(private(tmp_path / "words", WORDS), None))


def test_no_change_goes_unnoticed(lock: Lock) -> None:
    """S14."""
    content = os.urandom(2 * PIECE_BYTES + 5)
    data = closed(content, lock)
    opener = strongbox.as_opener(lock)
    head = len(data) - len(content) - 3 * TAG_BYTES
    piece = PIECE_BYTES + TAG_BYTES
    first, second, third = (data[head + at * piece : head + (at + 1) * piece] for at in range(3))
    begin = data[:head]
    for other in (
        begin + first + second,  # cut off between two pieces
        begin + first + second + third[:-1],
        begin + first,
        begin,
        begin + second + first + third,
        begin + first + third,
        begin + first + second + third + b"x",
        begin + first + second + third + third,
        b"x" + data,
        data[: head + 9] + bytes([data[head + 9] ^ 1]) + data[head + 10 :],
        data.replace(b'"nonce":"', b'"nonce":"AAAA', 1),
        b"",
        os.urandom(100),
    ):
        with pytest.raises(Altered):
            opened(other, opener)
    assert opened(data, opener) == content


def test_pieces_of_another_file_of_the_same_lock_do_not_fit(lock: Lock) -> None:
    one, other = (closed(bytes([at]) * 100, lock) for at in (1, 2))
    body = 100 + TAG_BYTES
    with pytest.raises(Altered):
        opened(one[:-body] + other[-body:], strongbox.as_opener(lock))


def test_what_is_unfit_to_close_with_is_told_plainly(tmp_path: Path) -> None:
    words = private(tmp_path / "short", b"too short\n")
    with pytest.raises(Unfit, match="at least 16"):
        strongbox.lock_of(words, None, os.urandom, None)
    with pytest.raises(Unfit, match="No such file"):
        strongbox.lock_of(tmp_path / "nowhere", None, os.urandom, None)
    with pytest.raises(Unfit, match="no key in PEM"):
        strongbox.lock_of(None, words, os.urandom, None)
    with pytest.raises(Unfit, match="--passphrase FILE, or --public-key"):
        strongbox.lock_of(None, None, os.urandom, None)
    shown = private(tmp_path / "shown", WORDS)
    shown.chmod(0o644)
    with pytest.raises(Exposed):
        strongbox.lock_of(shown, None, os.urandom, None)
