"""The seal holds together what was shown, who signed it, their ink, and when."""

import hashlib
import json
from typing import Any

import pytest
from msgspec import structs

from shared.ids import derive
from shared.ink import ink_hash
from shared.seal import seal_of, sealed
from shared.sign_off import TakeArgs
from tests.proof import DOT, INK, signature

ANN = derive("ann")
SIGNED = signature('{"version":1}', ANN)


def test_a_seal_is_the_hash_of_what_is_sealed_in_canonical_json() -> None:
    told = {
        "app": "test",
        "refusal": "",
        "relation": "",
        "role": "customer",
        "shown_hash": hashlib.sha256(b'{"version":1}').hexdigest(),
        "signed_at": SIGNED.signed_at,
        "signer": "陈美玲",
        "strokes": ink_hash(INK),
        "technician": ANN,
        "technician_strokes": ink_hash(INK),
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    assert sealed(SIGNED, ANN) == told
    assert seal_of(SIGNED, ANN) == hashlib.sha256(text.encode()).hexdigest() == SIGNED.seal


@pytest.mark.parametrize(
    "change",
    [
        {"shown_hash": "0" * 64},
        {"signer": "陈美铃"},
        {"signer_role": "neighbour"},
        {"relation": "女儿"},
        {"refusal": "不满意"},
        {"ink": DOT},
        {"ink": None},
        {"technician_ink": None},
        {"signed_at": SIGNED.signed_at + 1},
        {"app": "test2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_replaced_breaks_the_seal(change: dict[str, Any]) -> None:
    """S3."""
    other: TakeArgs = structs.replace(SIGNED, **change)
    assert seal_of(other, ANN) != SIGNED.seal


def test_another_technician_has_another_seal() -> None:
    assert seal_of(SIGNED, derive("bob")) != SIGNED.seal


def test_a_rating_is_no_part_of_what_is_sealed() -> None:
    assert seal_of(structs.replace(SIGNED, rating=1), ANN) == SIGNED.seal
