"""Files with something wrong: uploads whose headers lie, and rescue files that came to harm."""

from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.fuzz.answers import judge, must
from tests.fuzz.pushes import Books
from tests.server.rim.company import Company
from tests.server.rim.lane import OFFSET, TUS, checksum, jpeg, metadata, sha256
from tests.server.rim.rescued import packed

NUMBERS: Final = (
    *("", "0", "-1", "+5", " 5", "5 ", "0x10", "1e3", "5.0", "٥", "9" * 15, "9" * 16, "9" * 400),
    *("1", "2", "99", "100000000000", "NaN", "null", "5,5"),
)
TEXTS: Final = (
    *("", ",", " ", "sha256", "sha256 ", "sha256 !!!!", "sha256 " + "A" * 5_000, "=" * 20),
    *("sha256 " + b64encode(b"\0" * 64).decode(), "sha256 " + b64encode(b"z" * 64).decode()),
    *("filename " + b64encode(b"../../x").decode(), "sha256 AA==,sha256 AA==", "x" * 3_999),
)
CHECKSUMS: Final = (
    *("", "sha1", "sha1 ", "md5 AAAA", "sha1 AAAA", "SHA1 " + "A" * 28, "sha256 " + "A" * 43 + "="),
    *("sha1 " + "A" * 27 + "=", "crc32 AAAAAA==", "sha1  " + "A" * 27 + "=", "x" * 5_000),
)
TYPES: Final = (
    *("application/offset+octet-stream", "application/offset+octet-stream; x=y", "text/plain"),
    *("", "application/json", "multipart/form-data"),
)
VERSIONS: Final = ("1.0.0", "0.9", "", "2.0.0")
PLACES: Final = ("", "x", "%00", "..%2f..", "a" * 300, "00000000-0000-7000-8000-000000000000")
RESCUE_SHARE: Final = 0.25


class Lanes(Books):
    """A phone uploads pieces of files, and none of what it says of them need be true."""

    name = "lanes"

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self._places: list[str] = []

    def case(self, dice: Random) -> None:
        """One request. Raises `Broken`."""
        language = self.step(dice)
        ask = dice.choice((self._create, self._create, self._patch, self._patch, self._other))
        answer = ask(dice, language)
        judge(answer, language)
        if answer.status_code == 201:
            self._places.append(answer.headers["Location"])
        if dice.random() < RESCUE_SHARE:
            self._rescue(dice, language)
        self.ear.listen()

    def check(self) -> None:
        """As of all books; and what is kept of each upload is as much as the server says."""
        super().check()
        headers = {**self.headers, **TUS}
        for place in self._places[-20:]:
            answer = self.client.head(place, headers=headers)
            must(answer.status_code in (200, 401, 404, 409), answer.status_code)
            if answer.status_code == 200:
                told = answer.headers
                must(0 <= int(told["Upload-Offset"]) <= int(told["Upload-Length"]), told)

    def _said(self, dice: Random, language: str, **honest: str) -> dict[str, Any]:
        """Headers of which a few are not what they should be; some lie twice."""
        said: dict[str, Any] = {
            **self.headers,
            **TUS,
            "Accept-Language": language,
            **{name.replace("_", "-"): value for name, value in honest.items()},
        }
        for _ in range(dice.choice((0, 1, 1, 2))):
            name, values = dice.choice(LIES)
            said[name] = dice.choice(values).encode()
        return said

    def _create(self, dice: Random, language: str) -> Any:
        data = jpeg(dice.randrange(40))
        body = data[: dice.choice((0, 1, len(data) // 2, len(data)))]
        said = self._said(dice, language, Upload_Length=str(len(data)), **OFFSET)
        if dice.random() < 0.5:
            said |= {"Upload-Metadata": metadata(sha256=sha256(data))["Upload-Metadata"]}
        return self.client.post("/evidence", headers=said, content=_body(body, dice))

    def _patch(self, dice: Random, language: str) -> Any:
        place = dice.choice(self._places[-10:] or ["/evidence/x"])
        offset = dice.choice((0, 0, 1, 500, 10**6))
        data = dice.randbytes(dice.choice((0, 1, 700, 5_000)))
        said = self._said(dice, language, Upload_Offset=str(offset), **OFFSET)
        said |= checksum(data) if dice.random() < 0.3 else {}
        return self.client.patch(place, headers=said, content=_body(data, dice))

    def _other(self, dice: Random, language: str) -> Any:
        place = f"/evidence/{dice.choice(PLACES)}"
        if self._places and dice.random() < 0.5:
            place = dice.choice(self._places)
        method = dice.choice(("HEAD", "DELETE", "POST", "GET", "PUT"))
        said = self._said(dice, language)
        said["X-HTTP-Method-Override"] = dice.choice(("PATCH", "DELETE", "", "x", "patch"))
        return self.client.request(method, place, headers=said)

    def _rescue(self, dice: Random, language: str) -> None:
        wires = [{"lseq": 1, "id": "x", "body": "{}"}]
        whole = packed(self.company, self.phone, wires, jpeg(3)).getvalue()
        data = dice.choice(HARMS)(whole, dice)
        headers = {**self.headers, "Accept-Language": language}
        headers["Content-Type"] = "application/octet-stream"
        judge(self.client.post("/rescue", headers=headers, content=data), language)
        must(not set(self.company.office.parts.touched()) - self._known(), "something stays")

    def _known(self) -> set[str]:
        return {place.rsplit("/", 1)[-1] for place in self._places}


def _body(data: bytes, dice: Random) -> Any:
    """A body with its length, or in pieces without one."""
    if dice.random() < 0.7:
        return data
    return iter([data[:3], data[3:]])


def _flipped(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]


LIES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Upload-Length", NUMBERS),
    ("Upload-Offset", NUMBERS),
    ("Upload-Metadata", TEXTS),
    ("Upload-Checksum", CHECKSUMS),
    ("Content-Type", TYPES),
    ("Tus-Resumable", VERSIONS),
    ("Upload-Defer-Length", ("1", "0")),
    ("Upload-Concat", ("partial", "final;/a /b")),
)
HARMS: Final[tuple[Callable[[bytes, Random], bytes], ...]] = (
    lambda data, dice: data[: dice.randrange(len(data))],
    lambda data, dice: data + data,
    lambda data, dice: data + b"\0",
    _flipped,
    _flipped,
    lambda data, dice: data[:200] + bytes(200_000),
    lambda data, dice: dice.randbytes(500),
    lambda data, dice: b"fieldfare-rescue 9\n" + data,
    lambda data, dice: data.replace(b'"ops":', b'"ops":9999999', 1),
)
