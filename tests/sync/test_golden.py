"""The bytes of the wire: what was said once is read for ever, and is said the same way today."""

from pathlib import Path

import msgspec
import pytest

from shared.ids import fingerprint
from shared.kinds import REGISTRY, TABLES
from shared.ops import Op
from sync.arrival import read
from sync.protocol import (
    Page,
    Reply,
    Request,
    Result,
    Row,
    SignedHead,
    WireOp,
    decode_reply,
    decode_request,
    encode,
)
from sync.tokens import read_token
from tests.golden.messages import FOLDER, bodies, written
from tests.world import KEYS


@pytest.mark.parametrize("name", sorted(written()))
def test_messages_are_written_as_they_were(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == written()[name]


def test_every_kind_has_a_golden_op() -> None:
    assert set(bodies()) == set(REGISTRY.kinds)


def test_every_op_ever_released_is_still_understood() -> None:
    """C24."""
    for line in (FOLDER / "ops.jsonl").read_text(encoding="utf-8").splitlines():
        kept = msgspec.json.decode(line)
        assert fingerprint(kept["body"]) == kept["fingerprint"]
        identity = msgspec.json.decode(kept["body"])["id"]
        arrived = read(WireOp(lseq=1, id=identity, body=kept["body"]), REGISTRY)
        assert arrived.problem is None
        assert arrived.op is not None
        assert arrived.op_id == identity


@pytest.mark.parametrize("path", sorted(FOLDER.glob("request-*.json")), ids=lambda path: path.stem)
def test_old_requests_are_read_and_mean_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8").strip()
    assert encode(decode_request(text.encode())).decode() == text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("reply-*.json")), ids=lambda path: path.stem)
def test_old_replies_are_read_and_mean_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8").strip()
    assert encode(decode_reply(text.encode())).decode() == text


def test_a_token_handed_out_long_ago_is_still_ours() -> None:
    token = read_token((FOLDER / "token.txt").read_text(encoding="utf-8").strip(), KEYS)
    assert token is not None
    assert (token.n, token.place, token.incarnation, token.epoch) == (7, 12, "i-1", "epoch-1")


def test_what_is_left_out_on_the_wire_is_null_empty_or_false_for_ever() -> None:
    """Another default could never be changed again without a different meaning of old bytes."""
    structs = [*TABLES.values(), *(kind.args for kind in REGISTRY.kinds.values())]
    structs += [Op, Request, Reply, Result, Page, Row, SignedHead]
    for one in structs:
        for field in msgspec.structs.fields(one):
            if field.default is not msgspec.NODEFAULT:
                assert field.default in (None, False, "", ()), (one, field.name)
            if field.default_factory is not msgspec.NODEFAULT:
                assert not field.default_factory(), (one, field.name)
