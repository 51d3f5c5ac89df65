"""Where files go in tests: a server for uploads as small as it can be, and bytes to send it."""

import hashlib

from msgspec import Struct, field

from sync.transfer import (
    Answer,
    Asked,
    Create,
    Disagreed,
    Elsewhere,
    Gone,
    Head,
    Reached,
    Terminate,
    Unfit,
)


def content(name: str, size: int) -> bytes:
    """Bytes that look like no others."""
    return hashlib.shake_256(name.encode()).digest(size)


class Upload(Struct, kw_only=True):
    """One upload of the model server. What is past `synced` is lost when its machine falls."""

    sha256: str
    size: int
    data: bytearray = field(default_factory=bytearray)
    synced: int = 0
    mismatches: int = 0


class Office:
    """A server as small as it can be: what it was sent, and what of that it did not need."""

    def __init__(self, *, flips: int = 0) -> None:
        self.uploads: dict[str, Upload] = {}
        self.done: dict[str, bytes] = {}
        self.count = 0
        self.needless = 0
        self.flips = flips

    def begin(self, asked: Create) -> str:
        for name, known in self.uploads.items():
            if known.sha256 == asked.sha256 and not asked.length:
                return name
        self.count += 1
        name = f"/evidence/{self.count}"
        self.uploads[name] = Upload(sha256=asked.sha256, size=asked.size)
        return name

    def answer(self, asked: Asked, body: bytes, cut: int | None = None) -> Answer:
        """What it says when all of a request arrived, or the first `cut` bytes of its body."""
        if isinstance(asked, Create):
            if asked.sha256 in self.done:
                self.needless += len(body[:cut])
                return Reached(offset=asked.size, upload="/evidence/known")
            name = self.begin(asked)
            return self._take(name, 0, body[:cut], named=True)
        if asked.upload not in self.uploads:
            self.needless += len(body[:cut])
            return Gone()
        upload = self.uploads[asked.upload]
        if isinstance(asked, Head):
            return Reached(offset=len(upload.data))
        if isinstance(asked, Terminate):
            del self.uploads[asked.upload]
            return Gone()
        if asked.offset != len(upload.data):
            self.needless += len(body[:cut])
            return Elsewhere(len(upload.data))
        return self._take(asked.upload, asked.offset, body[:cut])

    def _take(self, name: str, offset: int, some: bytes, *, named: bool = False) -> Answer:
        upload = self.uploads[name]
        upload.data[offset:] = self._flipped(some) if self.flips and some else some
        upload.synced = len(upload.data)
        told = Reached(offset=len(upload.data), upload=name if named else None, took_ms=10)
        if len(upload.data) < upload.size:
            return told
        if hashlib.sha256(upload.data).hexdigest() != upload.sha256:
            upload.mismatches += 1
            upload.data.clear()
            if upload.mismatches >= 3:
                return Unfit("mismatch")
            return Disagreed()
        self.done[upload.sha256] = bytes(upload.data)
        return told

    def _flipped(self, some: bytes) -> bytes:
        self.flips -= 1
        return bytes(one ^ 1 for one in some)

    def fall(self, *, losing: int = 0) -> None:
        """Its machine falls: what was not synced is gone."""
        for upload in self.uploads.values():
            del upload.data[max(len(upload.data) - losing, 0) :]

    def forget(self) -> None:
        """Every unfinished upload is gone."""
        self.uploads.clear()
