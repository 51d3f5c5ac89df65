"""A phone's identity that uploads: by HTTP, and by a bare connection that ends when it likes."""

import hashlib
import io
import random
import socket
import time
from base64 import b64encode
from typing import Any, Final

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from sync.enrolment import token_text
from tests.e2e.processes import ANSWER_S, Desk, Told
from tests.server.rim.company import newcomer, signed

TUS: Final = {"Tus-Resumable": "1.0.0"}
PIECE: Final = {"Content-Type": "application/offset+octet-stream"}
HEARD_S: Final = 10.0


def picture(seed: int, size: int = 200_000) -> bytes:
    """A JPEG of so many bytes, most of them beside the picture; another one for every seed."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG")
    plain, beside, dice = file.getvalue(), b"", random.Random(seed)
    while (rest := size - len(plain) - len(beside)) > 0:
        length = rest if rest <= 60_000 else min(60_000, rest - 4)
        beside += b"\xff\xfe" + (length - 2).to_bytes(2, "big") + dice.randbytes(length - 4)
    return plain[:2] + beside + plain[2:]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def named(data: bytes) -> dict[str, str]:
    """The header that names a file's hash."""
    return {"Upload-Metadata": f"sha256 {b64encode(sha256(data).encode()).decode()}"}


class Uploader:
    """Uploads as a phone that is enrolled for it."""

    def __init__(self, desk: Desk, login: str) -> None:
        self.url = desk.url
        key = ec.generate_private_key(ec.SECP256R1())
        code = desk.ask("POST", "/api/enrolments", json={"login": login})["code"]
        self.device = self._told("/enrol", newcomer(code, key))["device"]
        desk.confirm(self.device)
        nonce = self._told("/token", {"device": self.device})["nonce"]
        signature = signed(key, token_text(self.device, nonce))
        answer = {"device": self.device, "nonce": nonce, "signature": signature}
        self.authorised = {"Authorization": f"Bearer {self._told('/token', answer)['token']}"}

    def _told(self, path: str, said: Told) -> Told:
        answer = requests.post(self.url + path, json=said, timeout=ANSWER_S)
        assert answer.status_code == 200, answer.text
        told: Told = answer.json()
        return told

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        """Any request."""
        headers = {**self.authorised, **TUS, **given.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=ANSWER_S, **given)

    def begin(self, data: bytes, **headers: str) -> str:
        """Begin to upload a file by its hash; returns where."""
        said = {"Upload-Length": str(len(data)), **named(data), **headers}
        answer = self.ask("POST", "/evidence", headers=said)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def patch(self, place: str, offset: int, body: Any) -> requests.Response:
        """Send a piece."""
        headers = {**PIECE, "Upload-Offset": str(offset)}
        return self.ask("PATCH", place, headers=headers, data=body)

    def offset(self, place: str) -> int:
        """How much is there."""
        answer = self.ask("HEAD", place)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def offset_from(self, place: str, least: int, patience_s: float = HEARD_S) -> int:
        """How much is there, once it is at least so much: a server hears of an end a bit later."""
        until = time.monotonic() + patience_s
        while (found := self.offset(place)) < least and time.monotonic() < until:
            time.sleep(0.02)
        return found

    def open(
        self, place: str, offset: int, length: int, method: str = "PATCH", **more: str
    ) -> socket.socket:
        """A connection on which a piece of some length is announced and none of it sent."""
        host, port = self.url.removeprefix("http://").split(":")
        opened = socket.create_connection((host, int(port)), ANSWER_S)
        headers = {
            **self.authorised,
            **TUS,
            **PIECE,
            "Host": f"{host}:{port}",
            "Upload-Offset": str(offset),
            "Content-Length": str(length),
            **more,
        }
        lines = [f"{method} {place} HTTP/1.1", *(f"{name}: {one}" for name, one in headers.items())]
        opened.sendall("\r\n".join([*lines, "", ""]).encode())
        return opened

    def cut(self, place: str, offset: int, piece: bytes, after: int) -> None:
        """Send a piece and let the connection go after so many of its bytes."""
        with self.open(place, offset, len(piece)) as opened:
            opened.sendall(piece[:after])
