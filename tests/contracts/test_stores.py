"""One promise of the evidence store, kept by a folder and by a real S3 server alike."""

import hashlib
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.evidence import Evidence, NoRoom, Unreachable, open_evidence
from server.parts import Elsewhere, Parts
from server.settings import EvidenceKeys, Unfit
from tests.contracts.stores import KEYS, s3


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is, of either kind."""
    if request.param == "folder":
        return f"file://{tmp_path / 'evidence'}"
    whole: str = request.getfixturevalue("bucket")
    return whole.replace("/photos?", f"/{tmp_path.name}?")


@pytest.fixture
def store(url: str) -> Evidence:
    """An empty store, of either kind."""
    return open_evidence(url, KEYS)


def a_file(tmp_path: Path, data: bytes, name: str = "part") -> tuple[str, Path]:
    path = tmp_path / name
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest(), path


def test_what_is_put_can_be_read(store: Evidence, tmp_path: Path) -> None:
    data = bytes(range(256)) * 4_000
    name, path = a_file(tmp_path, data)
    assert (store.has(name), store.read(name)) == (False, None)
    assert store.put(name, path)
    assert (store.has(name), store.read(name)) == (True, data)
    assert path.read_bytes() == data


def test_a_second_time_changes_nothing_and_says_so(store: Evidence, tmp_path: Path) -> None:
    name, path = a_file(tmp_path, b"abc")
    assert store.put(name, path)
    assert not store.put(name, path)
    assert store.read(name) == b"abc"


def test_it_outlives_the_file_it_came_from(store: Evidence, url: str, tmp_path: Path) -> None:
    name, path = a_file(tmp_path, b"abc")
    store.put(name, path)
    path.unlink()
    assert open_evidence(url, KEYS).read(name) == b"abc"


def test_another_file_under_its_name_is_none(store: Evidence, tmp_path: Path) -> None:
    name, _ = a_file(tmp_path, b"what the customer saw")
    _, swapped = a_file(tmp_path, b"what somebody would rather show", "swapped")
    assert store.put(name, swapped)
    assert (store.has(name), store.read(name)) == (True, None)


def test_what_is_removed_is_gone_and_may_be_removed_again(store: Evidence, tmp_path: Path) -> None:
    name, path = a_file(tmp_path, b"abc")
    store.remove(name)
    store.put(name, path)
    store.remove(name)
    store.remove(name)
    assert (store.has(name), store.read(name)) == (False, None)
    assert store.put(name, path)


def test_the_largest_photo_fits(store: Evidence, tmp_path: Path) -> None:
    name, path = a_file(tmp_path, bytes(8_000_000))
    store.put(name, path)
    assert store.read(name) == bytes(8_000_000)


def test_one_that_is_too_short_is_put_again(store: Evidence, url: str, tmp_path: Path) -> None:
    """As a power cut may leave one where a disk does not keep what it promised."""
    name, path = a_file(tmp_path, b"whole")
    _, short = a_file(tmp_path, b"who", "short")
    store.put(name, short)
    assert store.put(name, path)
    assert store.read(name) == b"whole"


def test_a_folder_keeps_files_to_itself_and_leaves_nothing_beside_them(tmp_path: Path) -> None:
    name, path = a_file(tmp_path, b"abc")
    path.chmod(0o600)
    root = tmp_path / "evidence"
    store = open_evidence(f"file://{root}", EvidenceKeys())
    store.put(name, path)
    (kept,) = [one for one in root.rglob("*") if one.is_file()]
    assert kept == root / name[0] / name[1] / name
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert {stat.S_IMODE(one.stat().st_mode) for one in root.rglob("*") if one.is_dir()} == {0o700}


def test_a_folder_on_another_disk_takes_a_copy(tmp_path: Path) -> None:
    """Where no second name for the same bytes can be given; here because it is another disk."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    name, path = a_file(tmp_path, b"abc")
    root = shared / tmp_path.name
    store = open_evidence(f"file://{root}", EvidenceKeys())
    try:
        assert store.put(name, path)
        assert store.read(name) == b"abc"
        assert [one.name for one in root.rglob("*") if one.is_file()] == [name]
        big, path = a_file(tmp_path, b"x", "big")
        with no_room(), pytest.raises(NoRoom):
            store.put(big, path)
        assert not store.has(big)
        assert [one.name for one in root.rglob("*") if one.is_file()] == [name]
    finally:
        for one in sorted(root.rglob("*"), reverse=True):
            one.rmdir() if one.is_dir() else one.unlink()
        root.rmdir()


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may hold a byte, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("where", ["file", "s3"])
def test_a_store_that_is_not_there_is_unreachable(where: str, tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")
    url = {
        "file": f"file://{tmp_path / 'evidence'}",
        "s3": "s3://evidence/x?endpoint=http://127.0.0.1:9",
    }[where]
    store = open_evidence(url, KEYS)
    name, path = a_file(tmp_path, b"abc")
    with pytest.raises(Unreachable):
        store.put(name, path)
    if where == "s3":
        with pytest.raises(Unreachable):
            store.read(name)


def test_wrong_keys_open_nothing_and_are_not_told(bucket: str, tmp_path: Path) -> None:
    store = open_evidence(bucket, EvidenceKeys(key_id="test", secret="s3cr3t"))
    name, path = a_file(tmp_path, b"abc")
    with pytest.raises(Unreachable) as told:
        store.put(name, path)
    assert str(told.value) == "PermissionDeniedError"
    assert told.value.__cause__ is None
    assert "s3cr3t" not in repr(EvidenceKeys(key_id="test", secret="s3cr3t"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "evidence",
        "/srv/evidence",
        "file://",
        "file://another-machine/evidence",
        "http://example.org/bucket",
        "s3://",
        "s3://bucket?key=me",
        "s3://bucket?endpoint=nowhere",
        "s3://bucket?endpoint=ftp://127.0.0.1",
    ],
)
def test_an_address_of_no_store_is_unfit(url: str) -> None:
    with pytest.raises(Unfit, match="evidence"):
        open_evidence(url, KEYS)


def test_a_bucket_without_keys_is_unfit() -> None:
    with pytest.raises(Unfit, match="evidence_keys"):
        open_evidence("s3://bucket", EvidenceKeys())


def test_a_part_grows_only_at_its_end(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "uploads")
    assert parts.size("a") == 0
    assert parts.append("a", 0, [b"ab", b"c"]) == 3
    for offset in (0, 2, 4):
        with pytest.raises(Elsewhere):
            parts.append("a", offset, [b"x"])
    assert parts.append("a", 3, [b"d"]) == 4
    parts.cut("a", 3, 4)
    with pytest.raises(Elsewhere):
        parts.cut("a", 0, 4)
    assert parts.path("a").read_bytes() == b"abc"
    assert stat.S_IMODE(parts.path("a").stat().st_mode) == 0o600
    assert list(parts.touched()) == ["a"]
    parts.drop("a")
    parts.drop("a")
    assert parts.touched() == {}


def test_a_piece_that_finds_no_room_is_not_there_at_all(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "uploads")
    parts.append("a", 0, [b"abc"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, before[1]))
    try:
        with pytest.raises(NoRoom):
            parts.append("a", 3, [b"d", b"efg"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert parts.size("a") == 3
    assert parts.append("a", 3, [b"defg"]) == 7


def test_what_is_left_under_a_label_may_be_adopted_once(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "uploads")
    assert parts.left("ann-hash") is None
    parts.append("1-ann-hash", 0, [b"abc"])
    parts.append("2-bob-hash", 0, [b"abd"])
    with parts.begun("3-ann-other", []):
        assert parts.left("ann-hash") == "1-ann-hash"
    assert parts.left("ann-other") is None  # there is nothing in it
    parts.adopt("1-ann-hash", "a")
    assert (parts.path("a").read_bytes(), parts.left("ann-hash")) == (b"abc", None)
    parts.append("4-ann-hash", 0, [b"x"])
    parts.adopt("4-ann-hash", "a")
    assert parts.path("a").read_bytes() == b"abc"
    assert sorted(parts.touched()) == ["2-bob-hash", "a"]


def test_a_folder_of_parts_that_cannot_be_made_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("in the way")
    with pytest.raises(Unreachable):
        Parts(tmp_path / "uploads").append("a", 0, [b"x"])
