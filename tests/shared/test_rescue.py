"""A rescue file gives back what was put in, to its server alone, and nothing that was touched."""

import hashlib
import io
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared import rescue
from shared.rescue import (
    CHUNK_BYTES,
    Cover,
    Limits,
    Manifest,
    Record,
    SavedFile,
    SavedOp,
    Sealer,
    Signed,
    Torn,
    Unfit,
    name_of,
    public_text,
    read_cover,
    unpack,
)

SERVER = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
EPHEMERAL = ec.generate_private_key(ec.SECP256R1())
DEVICE = "01a1ee56-5e00-7b03-b494-dd1c01ccc974"
TO = public_text(SERVER.public_key())
KEYS = {name_of(TO): SERVER}
COVER = Cover(
    id="00" * 16,
    key=name_of(TO),
    ephemeral=public_text(EPHEMERAL.public_key()),
    ops=1,
    files=1,
)
MANIFEST = Manifest(device=DEVICE, person="p", app="fieldfare 0.1.0", made_at=1_795_000_000_000)
OP = SavedOp(incarnation="83" * 16, lseq=7, id=DEVICE, body='{"text":"滤网堵塞 \\u0000"}')
PHOTO = bytes(range(256)) * 1_000
FILE = SavedFile(sha256=hashlib.sha256(PHOTO).hexdigest(), size=len(PHOTO))
TORN = Torn(what="op", name="12")


OF_ANOTHER_CURVE = public_text(ec.generate_private_key(ec.SECP384R1()).public_key())
# As a key of P-256, but for the last digit of the curve's name.
OF_NO_CURVE = urlsafe_b64encode(
    urlsafe_b64decode(TO + "==").replace(bytes.fromhex("3d030107"), bytes.fromhex("3d030155"))
).decode()


def sign(text: str) -> str:
    return "signed:" + hashlib.sha256(text.encode()).hexdigest()


def sealer(cover: Cover = COVER) -> Sealer:
    return Sealer(cover, TO, EPHEMERAL)


def sealed(*records: rescue.Said | bytes, cover: Cover = COVER) -> bytes:
    packing = sealer(cover)
    inside = [packing.bring(one) if isinstance(one, bytes) else packing.say(one) for one in records]
    return b"".join([packing.begin(), *inside, packing.end(DEVICE, sign)])


def opened(content: bytes) -> list[Record | bytes | Signed]:
    return list(unpack(io.BytesIO(content).read, KEYS))


def fault(content: bytes) -> str:
    with pytest.raises(Unfit) as found:
        opened(content)
    return found.value.code


WHOLE = sealed(MANIFEST, OP, FILE, PHOTO, TORN)


def test_what_was_put_in_comes_out_in_its_order_and_the_signature_is_over_all_of_it() -> None:
    found = opened(WHOLE)

    photo = b"".join(one for one in found if isinstance(one, bytes))
    assert [one for one in found if not isinstance(one, bytes)][:-1] == [MANIFEST, OP, FILE, TORN]
    assert photo == PHOTO
    end = found[-1]
    assert isinstance(end, Signed)
    assert end.signature == sign(end.text)
    assert end.text.startswith(f"fieldfare-rescue|1|{DEVICE}|")


def test_another_inside_is_another_text_to_sign() -> None:
    texts = {
        one.text
        for content in (WHOLE, sealed(MANIFEST, OP), sealed(MANIFEST, TORN))
        for one in opened(content)
        if isinstance(one, Signed)
    }
    assert len(texts) == 3


def test_anybody_reads_on_the_cover_how_much_there_is_and_nothing_else() -> None:
    cover, _ = read_cover(io.BytesIO(WHOLE).read)

    assert cover == COVER
    assert DEVICE.encode() not in WHOLE
    assert OP.body.encode() not in WHOLE


def test_it_may_be_read_in_pieces_of_any_size() -> None:
    source = io.BytesIO(WHOLE)
    slow: Callable[[int], bytes] = lambda count: source.read(min(count, 1_000))  # noqa: E731

    assert list(unpack(slow, KEYS)) == opened(WHOLE)


def test_another_server_cannot_open_it() -> None:
    """S10."""
    with pytest.raises(Unfit, match="rescue_other_server"):
        list(unpack(io.BytesIO(WHOLE).read, {name_of(public_text(OTHER.public_key())): OTHER}))


def test_a_key_under_a_wrong_name_opens_nothing() -> None:
    with pytest.raises(Unfit, match="rescue_spoiled"):
        list(unpack(io.BytesIO(WHOLE).read, {COVER.key: OTHER}))


def test_a_byte_changed_anywhere_is_found() -> None:
    places = [*range(len(rescue.MAGIC), len(WHOLE), 1_237), len(WHOLE) - 1]
    for place in places:
        changed = bytearray(WHOLE)
        changed[place] ^= 1
        assert fault(bytes(changed)) in ("rescue_spoiled", "rescue_other_server"), place


def test_a_file_cut_off_anywhere_is_found() -> None:
    head = WHOLE.index(b"\n", len(rescue.MAGIC)) + 1
    chunk = CHUNK_BYTES + rescue.TAG_BYTES
    for end in (head, head + 1, head + chunk, head + 2 * chunk, len(WHOLE) - 1):
        assert fault(WHOLE[:end]) == "rescue_spoiled", end


def test_a_last_chunk_that_does_not_say_that_it_is_the_last_is_found() -> None:
    packing = sealer()
    start = packing.begin() + packing.say(MANIFEST)
    packing.say(rescue.Signature(signature="s"))

    assert fault(start + packing._seal(bytes(packing._held), is_last=False)) == "rescue_spoiled"


def test_chunks_that_changed_places_or_came_twice_are_found() -> None:
    head = WHOLE.index(b"\n", len(rescue.MAGIC)) + 1
    chunk = CHUNK_BYTES + rescue.TAG_BYTES
    one, two, rest = (
        WHOLE[head : head + chunk],
        WHOLE[head + chunk : head + 2 * chunk],
        WHOLE[head:],
    )
    assert fault(WHOLE[:head] + two + one + rest[2 * chunk :]) == "rescue_spoiled"
    assert fault(WHOLE[:head] + one + rest) == "rescue_spoiled"
    assert fault(WHOLE + one) == "rescue_spoiled"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "rescue_no_file"),
        (b"%PDF-1.7\n" + bytes(100), "rescue_no_file"),
        (b"fieldfare-rescue 2\n{}\n", "rescue_newer"),
        (rescue.MAGIC, "rescue_spoiled"),
        (rescue.MAGIC + b"{" * 5_000, "rescue_spoiled"),
        (rescue.MAGIC + b"{}\n", "rescue_spoiled"),
        (rescue.MAGIC + b'{"id":"\xff"}\n', "rescue_spoiled"),
    ],
)
def test_what_is_no_rescue_file_is_told_from_one_that_is_of_a_newer_app(
    content: bytes, code: str
) -> None:
    assert fault(content) == code


@pytest.mark.parametrize("key", ["", "AAAA", "?", "ä", OF_ANOTHER_CURVE, OF_NO_CURVE])
def test_a_key_on_the_cover_that_is_none_is_a_fault_of_the_file(key: str) -> None:
    cover = Cover(id="1", key=COVER.key, ephemeral=key, ops=0, files=0)

    assert fault(sealed(MANIFEST, cover=cover)) == "rescue_spoiled"


@pytest.mark.parametrize(
    "records",
    [
        (OP,),
        (),
        (MANIFEST, MANIFEST),
        (MANIFEST, FILE, OP),
        (MANIFEST, FILE, PHOTO + b"x"),
        (MANIFEST, FILE, PHOTO[:-1] + b"x"),
        (MANIFEST, FILE, PHOTO[:-1]),
        (MANIFEST, b"bytes of nothing"),
    ],
    ids=["no manifest", "empty", "two", "no bytes", "more", "others", "fewer", "stray"],
)
def test_records_that_do_not_belong_together_are_a_fault_of_the_file(
    records: tuple[rescue.Said | bytes, ...],
) -> None:
    assert fault(sealed(*records)) == "rescue_spoiled"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/tmp/x", "A" * 64, FILE.sha256 + "\n", FILE.sha256[:-1] + "/"]
)
def test_a_file_is_called_by_its_hash_and_never_by_a_path(name: str) -> None:
    """S10."""
    assert fault(sealed(MANIFEST, SavedFile(sha256=name, size=1), b"x")) == "rescue_spoiled"


def test_a_file_that_says_it_is_larger_than_a_photo_may_be_is_not_begun() -> None:
    huge = SavedFile(sha256=FILE.sha256, size=2_000_000_000)

    assert fault(sealed(MANIFEST, huge, b"x")) == "rescue_spoiled"


@pytest.mark.parametrize("kind", [b"{", b"b", b"?"])
def test_a_record_that_says_it_is_huge_is_not_waited_for(kind: bytes) -> None:
    packing = sealer()
    start = packing.begin() + packing.say(MANIFEST)
    packing._held += kind + b"\xff\xff\xff\xff"

    assert fault(start + packing.end(DEVICE, sign)) == "rescue_spoiled"


def test_brackets_without_end_are_a_fault_of_the_file() -> None:
    packing = sealer()
    start = packing.begin() + packing._put(rescue.SAID, b"[" * 100_000)

    assert fault(start + packing.end(DEVICE, sign)) == "rescue_spoiled"


def test_something_after_the_signature_is_found() -> None:
    packing = sealer()
    content = packing.begin() + packing.say(MANIFEST)
    packing.say(rescue.Signature(signature="s"))
    content += packing.end(DEVICE, sign)

    assert fault(content) == "rescue_spoiled"


@pytest.mark.parametrize("limits", [Limits(ops=0), Limits(files=0), Limits(bytes=100_000)])
def test_too_much_of_anything_is_told(limits: Limits) -> None:
    with pytest.raises(Unfit, match="rescue_too_large"):
        list(unpack(io.BytesIO(WHOLE).read, KEYS, limits))


def test_names_of_what_came_to_harm_fill_nobodys_memory() -> None:
    content = sealed(MANIFEST, *[Torn(what="op", name=str(at)) for at in range(3)])
    with pytest.raises(Unfit, match="rescue_too_large"):
        list(unpack(io.BytesIO(content).read, KEYS, Limits(ops=2)))
    assert len(list(unpack(io.BytesIO(content).read, KEYS, Limits(ops=3)))) == 5


def test_a_file_in_crumbs_is_not_read_for_hours() -> None:
    crumbs = [PHOTO[at : at + 1] for at in range(3)]
    assert fault(sealed(MANIFEST, FILE, *crumbs, PHOTO[3:])) == "rescue_spoiled"


def test_acts_come_before_files() -> None:
    assert fault(sealed(MANIFEST, FILE, PHOTO, OP)) == "rescue_spoiled"
