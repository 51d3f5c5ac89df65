"""The audit tree is that of RFC 9162, and its proofs hold for the truth and for nothing else."""

import hashlib

import pytest
from hypothesis import assume, given, strategies as st

from shared.audit import (
    EMPTY_ROOT,
    Growth,
    Leaf,
    Range,
    Span,
    consistency_ranges,
    extends,
    grow,
    includes,
    inclusion_ranges,
    leaf_bytes,
    leaf_hash,
    peaks_of,
    root_of_peaks,
)
from tests.rfc9162 import consistency_proof, inclusion_proof, root

# The vectors that certificate-transparency logs publish: leaf inputs and the root of each prefix.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(data) for data in INPUTS]


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_come_out(size: int) -> None:
    assert root_of_peaks(grown(LEAVES[:size]).peaks).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_the_published_paths_come_out(index: int, size: int, proof: list[str]) -> None:
    made = roots(inclusion_ranges((0, size), index), LEAVES[:size])
    assert [step.hex() for step in made] == proof
    assert includes(LEAVES[index], index, made, (size, root(LEAVES[:size])))


def grown(leaves: list[bytes]) -> Growth:
    growth = Growth(size=0, peaks=[])
    grow(growth, leaves)
    return growth


def roots(ranges: list[Range], leaves: list[bytes]) -> list[bytes]:
    """The roots of ranges of leaves, from complete subtrees alone."""
    nodes = {(level, place): found for level, place, found in grown(leaves).nodes}
    nodes |= {(0, number): one for number, one in enumerate(leaves)}
    return [root_of_peaks([(node[0], nodes[node]) for node in peaks_of(one)]) for one in ranges]


@given(st.integers(0, 200))
def test_the_tree_is_that_of_the_standard(size: int) -> None:
    leaves = hashes(size)
    growth = grown(leaves)
    assert (growth.size, root_of_peaks(growth.peaks)) == (size, root(leaves))
    assert [level for level, _ in growth.peaks] == [level for level, _ in peaks_of((0, size))]


@given(st.integers(1, 300), st.data())
def test_proofs_from_complete_subtrees_are_those_of_the_whole_log(
    size: int, data: st.DataObject
) -> None:
    leaves = hashes(size)
    number = data.draw(st.integers(0, size - 1))
    older = data.draw(st.integers(1, size))
    assert roots([(0, size)], leaves) == [root(leaves)]
    path = roots(inclusion_ranges((0, size), number), leaves)
    assert path == inclusion_proof(leaves, number)
    path = roots(consistency_ranges((0, size), older, whole=True), leaves)
    assert path == consistency_proof(leaves, older)


def test_a_proof_reads_a_number_of_nodes_like_the_logarithm() -> None:
    size = 10**9 + 7
    ranges = inclusion_ranges((0, size), 123_456_789)
    assert len({node for one in ranges for node in peaks_of(one)}) <= 60
    ranges = consistency_ranges((0, size), 987_654_321, whole=True)
    assert len({node for one in ranges for node in peaks_of(one)}) <= 60


def test_a_log_without_leaves_has_a_root() -> None:
    assert root_of_peaks([]) == EMPTY_ROOT == hashlib.sha256().digest()
    assert inclusion_ranges((0, 0), 0) == []


@given(st.data(), st.integers(1, 130))
def test_every_leaf_can_be_proven_and_no_other(data: st.DataObject, size: int) -> None:
    leaves = hashes(size)
    index = data.draw(st.integers(0, size - 1))
    head = (size, root(leaves))
    proof = inclusion_proof(leaves, index)
    assert includes(leaves[index], index, proof, head)
    assert not includes(leaf_hash(b"forged"), index, proof, head)
    assert not includes(leaves[index], index, [*proof, b"\x00" * 32], head)
    assert not includes(leaves[index], index, proof, (size, leaf_hash(b"forged")))
    for elsewhere in {(index + 1) % size, -1, size} - {index}:
        assert not includes(leaves[index], elsewhere, proof, head)
    if proof:
        step = data.draw(st.integers(0, len(proof) - 1))
        assert not includes(leaves[index], index, proof[:step] + proof[step + 1 :], head)
        broken = [*proof[:step], bytes([proof[step][0] ^ 1]) + proof[step][1:], *proof[step + 1 :]]
        assert not includes(leaves[index], index, broken, head)


@given(st.data(), st.integers(1, 130))
def test_a_log_that_only_grew_can_prove_it(data: st.DataObject, size: int) -> None:
    leaves = hashes(size)
    older = data.draw(st.integers(0, size))
    proof = consistency_proof(leaves, older)
    span = Span(older=older, older_root=root(leaves[:older]), newer=size, newer_root=root(leaves))
    assert extends(span, proof)
    if proof:
        step = data.draw(st.integers(0, len(proof) - 1))
        broken = [*proof[:step], bytes([proof[step][0] ^ 1]) + proof[step][1:], *proof[step + 1 :]]
        assert not extends(span, broken)
        assert not extends(span, proof[:step] + proof[step + 1 :])
        assert not extends(span, [*proof, b"\x00" * 32])


@given(st.data(), st.integers(2, 60))
def test_a_log_that_changed_its_past_can_prove_nothing(data: st.DataObject, size: int) -> None:
    leaves = hashes(size)
    older = data.draw(st.integers(1, size - 1))
    victim = data.draw(st.integers(0, older - 1))
    rewritten = [*leaves[:victim], leaf_hash(b"rewritten"), *leaves[victim + 1 :]]
    span = Span(
        older=older, older_root=root(leaves[:older]), newer=size, newer_root=root(rewritten)
    )
    assert not extends(span, consistency_proof(rewritten, older))
    assert not extends(span, consistency_proof(leaves, older))


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_log_does_not_shrink_or_change_in_place(older: int, newer: int) -> None:
    assume(older != newer)
    one, other = root(hashes(older)), root(hashes(newer))
    same = Span(older=older, older_root=one, newer=older, newer_root=other)
    assert not extends(same, [])
    if older > newer:
        assert not extends(Span(older=older, older_root=one, newer=newer, newer_root=other), [])
        assert consistency_proof(hashes(newer), older) == []


def test_the_same_log_extends_itself_without_a_proof() -> None:
    same = Span(older=3, older_root=root(hashes(3)), newer=3, newer_root=root(hashes(3)))
    assert extends(same, [])
    assert not extends(same, [b"\x00" * 32])


def test_an_empty_path_proves_no_growth() -> None:
    span = Span(older=3, older_root=root(hashes(3)), newer=5, newer_root=root(hashes(5)))
    assert not extends(span, [])


def test_a_leaf_has_the_same_bytes_for_everybody() -> None:
    leaf = Leaf(
        epoch="e1",
        op_id="017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        n=1,
        fingerprint="f" * 64,
        verdict="applied",
        code=None,
        detail_hash="d" * 64,
        received=1_795_000_000_000,
    )
    assert leaf_bytes(leaf) == (
        b'{"code":null,"detail_hash":"' + b"d" * 64 + b'","epoch":"e1","fingerprint":"'
        b"" + b"f" * 64 + b'","n":1,"op_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f",'
        b'"received":1795000000000,"verdict":"applied"}'
    )
