"""A server's half of tus 1.0 without a network: a road for the carrier, with faults to order."""

import hashlib
from base64 import b64decode
from collections.abc import Callable

import msgspec

from mobile.wire import Faulty, Got, TooSlow, Unreachable
from sync.enrolment import Access

TUS = {"tus-resumable": "1.0.0"}
PROBLEM = {**TUS, "content-type": "application/problem+json"}
TOKEN = "good"


def problem(status: int, code: str, **headers: str) -> Got:
    """A refusal."""
    body = msgspec.json.encode({"status": status, "code": code})
    return Got(status=status, headers={**PROBLEM, **headers}, content=body)


class Depot:
    """Takes files as the server does, and gives out tokens. `faults` come before each request."""

    server = "http://office/ff"

    def __init__(self) -> None:
        self.parts: dict[str, tuple[str, int, bytearray]] = {}
        self.done: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.tokens = 0
        self.taken = 0  # bytes
        self.faults: list[str | Got | Exception] = []
        self.harm: Callable[[bytes], bytes] = lambda data: data

    def nonce(self, device: str) -> str:
        """What the device has to sign next."""
        return f"nonce of {device}"

    def access(self, device: str, nonce: str, signature: str) -> Access:
        """A token, each with its own name."""
        self.tokens += 1
        return Access(token=f"{TOKEN} {self.tokens}", expires_in=600)

    def carry(
        self, method: str, path: str, headers: dict[str, str], body: bytes, *, token: str | None
    ) -> Got:
        """One request."""
        assert (token or "").startswith(TOKEN)
        assert headers["Tus-Resumable"] == "1.0.0"
        assert "Content-Encoding" not in headers
        self.asked.append((method, path))
        fault = self.faults.pop(0) if self.faults else ""
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, Got):
            return fault
        answer = self._answer(method, path, headers, self.harm(body))
        if fault == "no reply":
            raise TooSlow("slow")
        if fault == "broken":
            raise Unreachable("broken")
        if fault == "faulty":
            raise Faulty("500")
        return answer

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Got:
        if method == "POST":
            return self._begin(headers, body)
        if path not in self.parts:
            return problem(404, "not_found")
        data = self.parts[path][2]
        if method == "DELETE":
            del self.parts[path]
            return Got(status=204, headers=TUS)
        if method == "PATCH":
            assert headers["Content-Type"] == "application/offset+octet-stream"
            if int(headers["Upload-Offset"]) != len(data):
                return problem(409, "wrong_offset")
            return self._took(path, body, 204)
        return Got(status=200, headers={**TUS, "upload-offset": str(len(data))})

    def _begin(self, headers: dict[str, str], body: bytes) -> Got:
        name, *more = headers["Upload-Metadata"].split(",")
        sha256, size = b64decode(name.split()[1]).decode(), int(headers["Upload-Length"])
        if sha256 in self.done:
            return self._told("/evidence/known", size, 201)
        known = [path for path, part in self.parts.items() if part[0] == sha256]
        if known and more == ["resume"]:
            return self._told(known[-1], len(self.parts[known[-1]][2]), 201)
        path = f"/evidence/{len(self.asked)}"
        self.parts[path] = (sha256, size, bytearray())
        return self._took(path, body, 201)

    def _took(self, path: str, body: bytes, status: int) -> Got:
        sha256, size, data = self.parts[path]
        data += body
        self.taken += len(body)
        if len(data) == size:
            if hashlib.sha256(data).hexdigest() != sha256:
                data.clear()
                return problem(460, "hash_mismatch")
            self.done[sha256] = bytes(data)
        return self._told(path, len(data), status)

    def _told(self, path: str, offset: int, status: int) -> Got:
        place = {"location": f"/ff{path}"} if status == 201 else {}
        return Got(status=status, headers={**TUS, **place, "upload-offset": str(offset)})
