"""What the headers of tus 1.0 say, read strictly: whatever is not plain is refused by its name."""

import binascii
import re
from base64 import b64decode
from typing import Final

from server import custody
from server.custody import Checked, Wish
from server.office import AnyRequest
from server.problems import Problem
from shared.photos import PHOTO_BYTES_MAX

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,checksum,termination"
ALGORITHMS: Final = "sha1,sha256"
OFFSET_TYPE: Final = "application/offset+octet-stream"
NUMBER: Final = re.compile(r"[0-9]{1,15}")
HASH: Final = re.compile(r"[0-9a-f]{64}")
HEADER_CHARS_MAX: Final = 4_000


def see_the_version(request: AnyRequest) -> None:
    """Whoever does not say that it speaks this version is not answered. Raises `Problem`."""
    if request.headers.get("tus-resumable") != VERSION:
        raise Problem("wrong_version", {"version": VERSION})


def is_body(request: AnyRequest) -> bool:
    """Whether a piece of a file comes along."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == OFFSET_TYPE


def number(request: AnyRequest, name: str) -> int:
    """A header that is a number, not below 0. Raises `Problem`."""
    text = request.headers.get(name, "")
    if not NUMBER.fullmatch(text):
        raise wrong_header(name)
    return int(text)


def wish(request: AnyRequest) -> Wish:
    """What is to be uploaded. Raises `Problem`."""
    for name in ("upload-defer-length", "upload-concat"):  # extensions that are not offered
        if name in request.headers:
            raise wrong_header(name)
    length = request.headers.get("upload-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > PHOTO_BYTES_MAX:
        raise Problem("too_large")
    size = number(request, "upload-length")
    if size == 0:
        raise wrong_header("upload-length")
    said = _metadata(request.headers.get("upload-metadata", ""))
    return Wish(size=size, sha256=_hash(said), again="resume" in said and not is_body(request))


def checksum(request: AnyRequest) -> Checked | None:
    """What the piece has to agree with, if that is said. Raises `Problem`."""
    said = request.headers.get("upload-checksum")
    if said is None:
        return None
    algorithm, _, text = said.partition(" ")
    checked = custody.checksum(algorithm, _decoded("upload-checksum", text))
    if checked is None or len(checked.wanted) != checked.so_far.digest_size:
        raise wrong_header("upload-checksum")
    return checked


def _metadata(said: str) -> dict[str, str]:
    """What a client says of its file: of no interest but for the hash, least of all its name."""
    if len(said) > HEADER_CHARS_MAX:
        raise wrong_header("upload-metadata")
    pairs = (pair.strip().partition(" ") for pair in said.split(","))
    return {name: value for name, _, value in pairs}


def _hash(said: dict[str, str]) -> str | None:
    if "sha256" not in said:
        return None
    text = _decoded("upload-metadata", said["sha256"]).decode("ascii", "replace").lower()
    if not HASH.fullmatch(text):
        raise wrong_header("upload-metadata")
    return text


def _decoded(name: str, text: str) -> bytes:
    try:
        return b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise wrong_header(name) from None


def wrong_header(name: str) -> Problem:
    """A header says what is not possible."""
    return Problem("wrong_header", {"name": name.title()})
