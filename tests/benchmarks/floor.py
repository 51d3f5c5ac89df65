"""The floor: a bare server that stores bodies and gives them back, and does nothing else.

Litestar, sqlite3 and msgspec, without authentication, rules, feed or audit. What any server of
this make costs at the least; figures are told as ratios to it.
"""

import argparse
import gzip
import os
import sqlite3
import threading
import uuid
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Response, post
from litestar.params import RawBody
from msgspec import Raw, Struct

GZIP_LEVEL = 5


class Document(Struct, array_like=True):
    """A body under an id."""

    id: str
    body: str


class Pull(Struct):
    """What is wanted: documents past a position, so many at once."""

    since: int
    rows: int


class Shelf:
    """Documents in one table, the newest body of each, in the order of their last change."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        self._connection.execute(
            "CREATE TABLE document (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL)"
        )
        self._connection.execute("CREATE UNIQUE INDEX by_seq ON document (seq)")
        self._seq = 0

    def put(self, documents: list[Document]) -> int:
        """Keep documents, in one transaction."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            rows = [(one.id, self._seq + n, one.body) for n, one in enumerate(documents, 1)]
            self._connection.executemany("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", rows)
            self._connection.execute("COMMIT")
            self._seq += len(rows)
            return self._seq

    def past(self, wanted: Pull) -> list[tuple[str, int, Raw]]:
        """Documents past a position."""
        with self._lock:
            found = self._connection.execute(
                "SELECT id, seq, body FROM document WHERE seq > ? ORDER BY seq LIMIT ?",
                (wanted.since, wanted.rows),
            ).fetchall()
        return [(identity, seq, Raw(body.encode())) for identity, seq, body in found]


def keep(folder: Path, body: bytes) -> None:
    """Write a body to a file of its own that survives a power cut."""
    with (folder / uuid.uuid4().hex).open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def app(shelf: Shelf, folder: Path) -> Litestar:
    """The bare server."""
    pushed = msgspec.json.Decoder(list[Document])

    @post("/push", sync_to_thread=True)
    def push(body: RawBody) -> dict[str, int]:
        return {"seq": shelf.put(pushed.decode(body))}

    @post("/pull", sync_to_thread=True)
    def pull(body: RawBody) -> Response[bytes]:
        found = shelf.past(msgspec.json.decode(body, type=Pull))
        content = gzip.compress(msgspec.json.encode(found), GZIP_LEVEL, mtime=0)
        return Response(
            content, media_type="application/json", headers={"Content-Encoding": "gzip"}
        )

    @post("/photo", sync_to_thread=True)
    def photo(body: RawBody) -> None:
        keep(folder, body)

    return Litestar([push, pull, photo], request_max_body_size=None, openapi_config=None)


def serve(options: Any) -> None:
    """Serve until stopped."""
    uvicorn.run(
        app(Shelf(options.database, options.synchronous), options.database.parent),
        host="127.0.0.1",
        port=options.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--synchronous", choices=["NORMAL", "FULL"], required=True)
    parser.add_argument("--port", type=int, required=True)
    serve(parser.parse_args())
