"""What the media lane asks as requests of tus 1.0, and what an answer to one means for it."""

from base64 import b64encode
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec import structs

from mobile.wire import Got, Refused, Unreachable, meaning
from sync.transfer import (
    Answer,
    Asked,
    Create,
    Disagreed,
    Elsewhere,
    Gone,
    Head,
    Patch,
    Reached,
    Terminate,
    Unfit,
)

PATH: Final = "/evidence"
VERSION: Final = {"Tus-Resumable": "1.0.0"}
PIECE: Final = {"Content-Type": "application/offset+octet-stream"}
ADDRESS_CHARS_MAX: Final = 500
DIGITS_MAX: Final = 15
GOOD: Final = 300
MISSING: Final = (404, 410)
ELSEWHERE: Final = (408, 409)  # a piece that was cut on its way counts as far as it came
TOO_LARGE: Final = 413
UNFIT: Final = (400, 422)
DISAGREED: Final = 460
SET_ASIDE: Final = "set_aside"


class Road(Protocol):
    """What this needs of the wire."""

    @property
    def server(self) -> str:
        """Where the server is."""

    def carry(
        self, method: str, path: str, headers: dict[str, str], body: bytes, *, token: str | None
    ) -> Got:
        """One request and its answer, whatever that says."""


def ask(road: Road, asked: Asked, body: bytes, token: str) -> Answer:
    """One request of the lane; `body` are the bytes that it names.

    Raises what the wire raises, and `Refused` where it is not the file that is at fault.
    """
    method, path, headers = _request(asked)
    got = road.carry(method, path, {**VERSION, **headers}, body, token=token)
    if "tus-resumable" not in got.headers:
        raise meaning(got) if got.status >= GOOD else _stranger()
    if got.status >= GOOD:
        return _hindrance(got)
    if isinstance(asked, Terminate):
        return Gone()
    offset = _number(got, "upload-offset")
    if offset is None:
        raise _stranger()
    upload = _address(road, got) if isinstance(asked, Create) else asked.upload
    return Reached(offset=offset, upload=upload)


def timed(answer: Answer, took_ms: int) -> Answer:
    """An answer with how long it took, where that says something of the road."""
    return structs.replace(answer, took_ms=took_ms) if isinstance(answer, Reached) else answer


def _request(asked: Asked) -> tuple[str, str, dict[str, str]]:
    if isinstance(asked, Create):
        name = b64encode(asked.sha256.encode()).decode()
        # Without a piece it asks for the upload that may have been begun, if there is one.
        said = f"sha256 {name}" + ("" if asked.length else ",resume")
        headers = {"Upload-Length": str(asked.size), "Upload-Metadata": said}
        return ("POST", PATH, {**headers, **(PIECE if asked.length else {})})
    if isinstance(asked, Patch):
        return ("PATCH", asked.upload, {**PIECE, "Upload-Offset": str(asked.offset)})
    return ("HEAD" if isinstance(asked, Head) else "DELETE", asked.upload, {})


def _hindrance(got: Got) -> Answer:
    """What an answer means that refuses; raised where it is about more than this file."""
    wrong = meaning(got)
    code = wrong.problem.code if isinstance(wrong, Refused) else ""
    if got.status in MISSING:
        return Gone()
    if got.status in ELSEWHERE:
        return Unfit("mismatch") if code == SET_ASIDE else Elsewhere(_number(got, "upload-offset"))
    if got.status == DISAGREED:
        return Disagreed()
    if got.status == TOO_LARGE:
        return Unfit("too_large")
    if got.status in UNFIT:
        return Unfit("refused")
    raise wrong


def _address(road: Road, got: Got) -> str | None:
    """The upload's place on the server, below the address this phone knows it by."""
    place = urlsplit(got.headers.get("location", ""))
    path = place.path.removeprefix(urlsplit(road.server).path)
    plain = path.startswith("/") and not path.startswith("//") and not place.query
    if not plain or len(path) > ADDRESS_CHARS_MAX:
        raise _stranger()
    return path


def _number(got: Got, name: str) -> int | None:
    text = got.headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def _stranger() -> Exception:
    return Unreachable("somebody else answered about an upload")
