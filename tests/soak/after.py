"""What is looked at when a soak is over: the books, the log, and each phone, against each other."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from server import auditor
from shared.ops import FINAL, Verdict
from sync.digest import row_sums, total
from tests.benchmarks.house import House
from tests.e2e import books
from tests.soak.device import Device

FEED = 'SELECT stream, "table", pk, body FROM feed WHERE body IS NOT NULL'
OPS = "SELECT op_id, fingerprint, device, verdict FROM op"
HEADS = "SELECT stream, seq, sum_a, sum_b FROM stream_head"
Bodies = dict[tuple[str, str], bytes]


def complaints(house: House, devices: Sequence[Device], log: Path) -> dict[str, list[str]]:
    """Everything that is not as it has to be: what was lost, doubled, is stuck, differs, failed."""
    database = house.office.settings.books
    ops = {row.op_id: row for row in books.read(database, OPS)}
    kept = [op_id for device in devices for op_id in device.recorded]
    wrong = books.complaints(house.office.settings.data, [], kept)
    mine = {device.shown.device for device in devices}
    known = set(kept)
    return {
        "lost": [op_id for op_id in kept if op_id not in ops],
        "doubled": [
            *wrong,
            *(row.op_id for row in ops.values() if row.device in mine and row.op_id not in known),
        ],
        "stuck": [one for device in devices for one in _stuck(device, ops)],
        "differing": [*_replicas(house, devices)],
        "unproven": _audited(house),
        "failed": [line for line in _lines(log) if " failed" in line or "Traceback" in line],
    }


def _stuck(device: Device, ops: dict[str, Any]) -> Iterator[str]:
    """What waits still, or has another end on the phone than in the books."""
    entries = {entry.op_id: entry for entry in device.entries()}
    for op_id in device.recorded:
        entry, row = entries.get(op_id), ops.get(op_id)
        if entry is None or entry.verdict is None or Verdict(entry.verdict) not in FINAL:
            yield f"{op_id} has no end on its phone"
        elif row is not None and (row.verdict, row.fingerprint) != (
            entry.verdict,
            entry.fingerprint,
        ):
            yield f"{op_id} is {row.verdict} in the books and {entry.verdict} on its phone"
        elif entry.on_top:
            yield f"{op_id} is still laid over the office's rows"


def _replicas(house: House, devices: Sequence[Device]) -> Iterator[str]:
    """Every stream of every phone is the server's, byte by byte, and so are the checksums."""
    database = house.office.settings.books
    heads = {row[0]: tuple(row)[1:] for row in books.read(database, HEADS)}
    feed: dict[str, Bodies] = {}
    for stream, table, identity, body in books.read(database, FEED):
        feed.setdefault(stream, {})[table, identity] = bytes(body)
    for device in devices:
        disk = device.phone.disk
        if disk.staged or any(disk.views.values()):
            yield f"{device.shown.device}: something is half read, or laid over the rows"
        for stream, mark in disk.marks.items():
            here = disk.base.get(stream, {})
            if here != feed.get(stream, {}):
                yield f"{device.shown.device}: rows differ in {stream}"
            sums = total(row_sums(*key, body) for key, body in here.items())
            if heads.get(stream) != (mark.cursor, *sums):
                yield f"{device.shown.device}: checksums differ in {stream}"


def _audited(house: House) -> list[str]:
    """The whole log, verified as the command does."""
    ring = house.office.keys
    publics = {key: signer.public_key() for key, signer in ring.notary.items()}
    with house.office.reading() as connection:
        report = auditor.verify(connection, publics)
    waiting = [f"{report.unnumbered} leaves have no number"] if report.unnumbered else []
    return [*waiting, *([str(report.fault)] if report.fault is not None else [])]


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines()
