"""Ways to upload for tests: a phone that speaks tus, pictures, and the ops that name them."""

import hashlib
import io
from base64 import b64encode
from functools import cache
from typing import Any

import msgspec
from PIL import Image

from server import arrivals
from server.notary import LEASE_MS
from server.queries.pages import T
from shared.clock import At
from shared.ops import Op, encode
from sync.protocol import Reply
from tests.server.rim.company import Company, Phone
from tests.server.rim.test_round_trip import talk

OFFSET = {"Content-Type": "application/offset+octet-stream"}
TUS = {"Tus-Resumable": "1.0.0"}


@cache
def jpeg(seed: int = 0, *, edge: int = 120) -> bytes:
    """A small picture; another one for every seed."""
    image = Image.new("RGB", (edge, edge), (seed * 37 % 256, seed * 91 % 256, 120))
    image.putpixel((seed % edge, seed // edge % edge), (255, 255, 255))
    return saved(image)


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture as a file of a kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def metadata(**said: str) -> dict[str, Any]:
    """What tus lets a client say of a file."""
    pairs = (f"{name} {b64encode(text.encode()).decode()}" for name, text in said.items())
    return {"Upload-Metadata": ",".join(pairs)}


def checksum(data: bytes, algorithm: str = "sha1") -> dict[str, Any]:
    digest = hashlib.new(algorithm, data).digest()
    return {"Upload-Checksum": f"{algorithm} {b64encode(digest).decode()}"}


class Lane:
    """The media lane of one phone."""

    def __init__(self, company: Company, role: str = "technician") -> None:
        self.company = company
        self.phone: Phone = company.phone(role)
        self.person = company.people[role]
        self.renew()

    @classmethod
    def of(cls, company: Company, phone: Phone, role: str = "technician") -> "Lane":
        """The media lane of a phone that is there."""
        lane = cls.__new__(cls)
        lane.company, lane.phone, lane.person = company, phone, company.people[role]
        lane.renew()
        return lane

    def renew(self) -> None:
        """A fresh access token."""
        self.headers = {**self.phone.headers(), **TUS}

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """Any request, with `headers` beside those of this phone; None leaves one out."""
        wanted = {**self.headers, **given.pop("headers", {})}
        said = {name: value for name, value in wanted.items() if value is not None}
        return self.company.client.request(method, path, headers=said, **given)

    def post(self, size: int, body: bytes | None = None, **headers: Any) -> Any:
        """Begin an upload, with its first piece if that is given."""
        more: dict[str, str] = headers.pop("headers", {})
        said = {"Upload-Length": str(size), **(OFFSET if body is not None else {}), **headers}
        said |= more
        return self.ask("POST", "/evidence", headers=said, content=body)

    def begin(self, size: int, **said: str) -> str:
        """Begin an upload; returns where it is."""
        answer = self.post(size, **(metadata(**said) if said else {}))
        assert answer.status_code == 201, answer.text
        assert answer.headers["Upload-Offset"] == "0"
        return str(answer.headers["Location"])

    def patch(self, place: str, offset: int, body: Any, **headers: Any) -> Any:
        """Send a piece."""
        said = {**OFFSET, "Upload-Offset": str(offset), **headers}
        return self.ask("PATCH", place, headers=said, content=body)

    def offset(self, place: str) -> int:
        """How much of it is there."""
        answer = self.ask("HEAD", place)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def upload(self, data: bytes, **headers: str) -> Any:
        """All of a file in one request, by its hash."""
        return self.post(len(data), data, **{**metadata(sha256=sha256(data)), **headers})

    def photo(self, order: str, data: bytes, **more: Any) -> dict[str, Any]:
        """The op that says a picture was taken."""
        thumb = more.pop("thumb", jpeg(99))
        args = {
            "sha256": sha256(data),
            "size": len(data),
            "width": 120,
            "height": 120,
            "thumb_sha256": sha256(thumb),
            "thumb_size": len(thumb),
            "audience": "customer",
            **more,
        }
        op = Op(
            id=self.company.new_id(),
            kind="photo.add",
            v=1,
            on=("work_order", order),
            by=self.person,
            origin="device",
            at=At(wall=self.company.now_ms, boot="b", mono=1, src="boottime"),
            salt="0" * 32,
            args=msgspec.Raw(msgspec.json.encode(args)),
        )
        return {"lseq": 1, "id": op.id, "body": encode(op)}

    def say(self, op: dict[str, Any]) -> Reply:
        """Push one op, in an incarnation of its own."""
        reply = talk(self.company, self.phone, ops=[op], incarnation=op["id"])
        told = [(result.verdict, result.code, result.detail) for result in reply.results]
        assert told == [("applied", None, {})], told
        return reply

    def files(self, *hashes: str) -> tuple[list[str], list[str]]:
        """What the server has of them, and what it wants."""
        reply = talk(self.company, self.phone, files=list(hashes), incarnation="files")
        return reply.have, reply.wanted


def announced(company: Company) -> None:
    """The job beside the notary has looked, whoever had its lease."""
    company.now_ms += LEASE_MS + 1
    arrivals.announce(company.office, "test")


def photos(company: Company) -> dict[str, tuple[bool, str]]:
    """Whether each photo has arrived, and its fault, by hash and person."""
    with company.office.reading() as books:
        rows = books.execute(T["photo"].select())
        return {row.sha256: (row.arrived_at is not None, row.fault) for row in rows}


def rows_of(company: Company, name: str) -> list[Any]:
    """A table of the books."""
    with company.office.reading() as books:
        return list(books.execute(T[name].select()))
