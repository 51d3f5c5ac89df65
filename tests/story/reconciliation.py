"""Reconciliation: what the phone's database and the server's say of one job, side by side."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.amounts import THOUSAND, quantity_text
from shared.ids import fingerprint
from shared.parts import OUTSIDE, balance_id

Check = tuple[str, bool, str]
PATIENCE_S: Final = 60.0
SHARED: Final = ("status", "number", "outcome", "done_at")


class Both(Struct, frozen=True, kw_only=True):
    """The two databases of one performance."""

    server: Path
    phone: Path

    def at_server(self, statement: str, *values: Any) -> list[Any]:
        """Rows of the server's database."""
        return rows(self.server, statement, *values)

    def on_phone(self, statement: str, *values: Any) -> list[Any]:
        """Rows of the phone's database."""
        return rows(self.phone, statement, *values)

    def shown(self, table: str, identity: str) -> dict[str, Any]:
        """A row as the phone shows it."""
        found = self.on_phone("SELECT body FROM shown WHERE tbl = ? AND id = ?", table, identity)
        return dict(msgspec.json.decode(found[0][0])) if found else {}


class Subject(Struct, frozen=True, kw_only=True):
    """What was done: the job's and the ticket's numbers, the part used, the van it came from."""

    order: str
    ticket: str
    part: str
    van: str
    before: int


def rows(database: Path, statement: str, *values: Any) -> list[Any]:
    """Rows of one of the two databases, read beside whoever has it open."""
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE_S)) as connection:
        return connection.execute(statement, values).fetchall()


def books_of(phone: Path) -> Path:
    """The database of the person whose installation a folder is."""
    owner = msgspec.json.decode((phone / "device.json").read_bytes())["person"]
    return phone / f"{owner}.db"


def checks(both: Both, subject: Subject, audit: dict[str, Any]) -> Iterator[Check]:
    """Each thing that must hold: its text's code, whether it does, and what was found.

    `audit` is what `fieldfare audit verify` printed.
    """
    yield _once(both)
    yield _order(both, subject)
    yield _ticket(both, subject)
    yield _stock(both, subject)
    yield _conflict(both, subject)
    yield _rows(both)
    yield _audit(audit)


def _once(both: Both) -> Check:
    """Every op of the outbox is in the server's books under the same bytes, with its verdict."""
    mine = both.on_phone("SELECT op_id, fingerprint, verdict, body FROM outbox")
    kept = {
        op_id: (print_, verdict)
        for op_id, print_, verdict in both.at_server(
            "SELECT op_id, fingerprint, verdict FROM op WHERE origin = 'device'"
        )
    }
    leaves = dict(both.at_server("SELECT op_id, count(*) FROM leaf GROUP BY op_id"))
    same = all(
        kept.get(op_id) == (print_, verdict) and fingerprint(body) == print_
        for op_id, print_, verdict, body in mine
    )
    once = len(kept) == len(mine) and all(leaves.get(op_id) == 1 for op_id, *_ in mine)
    return ("check_once", same and once, str(len(mine)))


def _order(both: Both, subject: Subject) -> Check:
    columns = ", ".join(("id", *SHARED))
    row = both.at_server(
        f"SELECT {columns} FROM work_order WHERE number = ?",
        subject.order,
    )[0]
    shown = both.shown("work_order", row[0])
    same = all(shown.get(name) == value for name, value in zip(SHARED, row[1:], strict=True))
    return ("check_order", same and row[1] == "done", f"{row[2]} {row[1]}")


def _ticket(both: Both, subject: Subject) -> Check:
    identity, status = both.at_server(
        "SELECT id, status FROM ticket WHERE number = ?", subject.ticket
    )[0]
    same = both.shown("ticket", identity).get("status") == status
    return ("check_ticket", same and status == "resolved", f"{subject.ticket} {status}")


def _stock(both: Both, subject: Subject) -> Check:
    """On both ends one piece less, and equal to the sum of all movements."""
    part = both.at_server("SELECT id FROM part WHERE number = ?", subject.part)[0][0]
    moves = both.at_server(
        "SELECT source_id, target_id, amount FROM movement WHERE part_id = ?", part
    )
    sums = [
        amount if target == subject.van else -amount
        for source, target, amount in moves
        if subject.van in (source, target) and subject.van not in OUTSIDE
    ]
    identity = balance_id(subject.van, part)
    held = both.at_server("SELECT amount FROM balance WHERE id = ?", identity)[0][0]
    shown = both.shown("balance", identity).get("amount")
    good = held == shown == sum(sums) == subject.before - THOUSAND
    return ("check_stock", good, f"{subject.part}: {quantity_text(held)}")


def _conflict(both: Both, subject: Subject) -> Check:
    row = both.at_server(
        """SELECT conflict.winner, conflict.losers, site.contact_phone FROM conflict
        JOIN site ON site.id = conflict.home_id JOIN work_order ON work_order.site_id = site.id
        WHERE conflict.field = 'contact_phone' AND work_order.number = ?""",
        subject.order,
    )
    if not row:
        return ("check_conflict", False, "–")
    winner, losers, stands = row[0]
    lost = [one["value"] for one in msgspec.json.decode(losers)]
    same = msgspec.json.decode(winner) == stands
    return ("check_conflict", same and len(lost) == 1, f"{stands} / {lost[0]}")


def _rows(both: Both) -> Check:
    """The base of every stream on the phone, byte for byte."""
    mine = {
        (stream, table, identity): bytes(base)
        for stream, table, identity, base in both.on_phone(
            "SELECT stream, tbl, id, base FROM row WHERE base IS NOT NULL"
        )
    }
    streams = {stream for stream, _, _ in mine}
    theirs = {
        (stream, table, identity): bytes(body)
        for stream, table, identity, body in both.at_server(
            'SELECT stream, "table", pk, body FROM feed WHERE body IS NOT NULL'
        )
        if stream in streams
    }
    laid_over = both.on_phone("SELECT count(*) FROM row WHERE view IS NOT NULL")[0][0]
    return ("check_rows", mine == theirs and not laid_over, str(len(mine)))


def _audit(report: dict[str, Any]) -> Check:
    good = report["fault"] is None and report["unnumbered"] == 0 and report["head"] is not None
    return ("check_audit", good, str(report["leaves"]))
