"""The notebook: notices, and what has been told, kept beside the outbox and never fetched again."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from shared.records import Aggregate, stream_of
from sync.ports import NOTICES_MAX, Facts, Notice

_TOLD: Final = "SELECT noun, id, facts FROM told"
_TOLD_OF: Final = """SELECT noun, told.id, facts FROM json_each(?) AS key CROSS JOIN told
    ON noun = json_extract(key.value, '$[0]') AND told.id = json_extract(key.value, '$[1]')"""
_TELL: Final = "INSERT OR REPLACE INTO told VALUES (?, ?, ?)"
_FORGET: Final = "DELETE FROM told WHERE noun = ? AND id = ?"
_NOTICED: Final = "SELECT body FROM notice WHERE id IN (SELECT value FROM json_each(?))"
_NOTIFY: Final = """INSERT INTO notice (id, at, body, acknowledged) VALUES (?, ?, ?, 0)
    ON CONFLICT (id) DO UPDATE SET at = excluded.at, body = excluded.body"""
_LET_GO: Final = """DELETE FROM notice WHERE id IN (
    SELECT id FROM notice ORDER BY at DESC, id LIMIT -1 OFFSET ?)"""
_FADE: Final = """UPDATE notice SET body = json_remove(body, '$.changes')
    WHERE ?1 = ?2 || json_extract(body, '$.job')"""
_ACKNOWLEDGE: Final = "UPDATE notice SET acknowledged = 1 WHERE id = ? AND NOT acknowledged"

_facts: Final = msgspec.json.Decoder(Facts)
_notice: Final = msgspec.json.Decoder(Notice)
_encoder: Final = msgspec.json.Encoder()


def told(
    connection: sqlite3.Connection, things: Collection[Aggregate] | None
) -> dict[Aggregate, Facts]:
    """What was last told of these things, or of all."""
    if things is None:
        found = connection.execute(_TOLD)
    else:
        found = connection.execute(_TOLD_OF, (_encoder.encode(sorted(things)).decode(),))
    return {(noun, identity): _facts.decode(facts) for noun, identity, facts in found.fetchall()}


def tell(connection: sqlite3.Connection, known: Mapping[Aggregate, Facts | None]) -> None:
    """Keep what has been told; None forgets a thing."""
    kept = [
        (*one, _encoder.encode(facts).decode()) for one, facts in known.items() if facts is not None
    ]
    gone = [one for one, facts in known.items() if facts is None]
    connection.executemany(_TELL, kept)
    connection.executemany(_FORGET, gone)


def noticed(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, Notice]:
    """Those of these notices that are kept."""
    if not ids:
        return {}
    found = connection.execute(_NOTICED, (_encoder.encode(sorted(ids)).decode(),))
    kept = [_notice.decode(body) for (body,) in found.fetchall()]
    return {one.id: one for one in kept}


def notify(connection: sqlite3.Connection, notices: Sequence[Notice]) -> None:
    """Keep notices, and let go of the oldest beyond what a phone keeps."""
    if not notices:
        return
    written = [(one.id, one.at, _encoder.encode(one).decode()) for one in notices]
    connection.executemany(_NOTIFY, written)
    connection.execute(_LET_GO, (NOTICES_MAX,))


def fade(connection: sqlite3.Connection, stream: str) -> None:
    """Of a job that is nobody's business here any more only that something was, and its name."""
    connection.execute(_FADE, (stream, stream_of(("work_order", ""))))


def acknowledge(connection: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Keep that these notices have been read."""
    connection.executemany(_ACKNOWLEDGE, [(identity,) for identity in ids])
