"""What screens and the command read: jobs, one job's sheet, the outbox, and how the phone is."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Final

from mobile.database import reading
from mobile.queries import (
    bill as bills,
    condition as conditions,
    finding,
    history as histories,
    inbox as inboxes,
    jobs as lists,
    leaving,
    lines,
    papers,
    photos as pictures,
    proof,
    ready,
    rows,
    sheet as sheets,
    stock,
)
from mobile.queries.bill import Bill
from mobile.queries.condition import Condition, Waiting
from mobile.queries.history import Past, Read
from mobile.queries.jobs import NUMBERED, Job
from mobile.queries.leaving import Kept
from mobile.queries.lines import STATES, TORN, WORST, Line, Receipt, Sync
from mobile.queries.photos import Pictured
from mobile.queries.ready import Gap
from mobile.queries.sheet import Answer, Ordered, Planned, Sheet, Team, Used
from mobile.queries.stock import Stocked, Van
from shared.clock import MS_MAX, At, corrected
from shared.parts import Part
from shared.records import State
from shared.sign_off import SignedDocument, SignOff
from shared.site import Asset
from shared.texts import Catalogue
from shared.work_order import WorkOrder
from sync.ports import Change, Notice

__all__ = [
    "NUMBERED",
    "STATES",
    "TORN",
    "WORST",
    "Answer",
    "Bill",
    "Change",
    "Condition",
    "Gap",
    "Job",
    "Kept",
    "Line",
    "Notice",
    "Ordered",
    "Past",
    "Pictured",
    "Planned",
    "Queries",
    "Read",
    "Receipt",
    "Sheet",
    "Stocked",
    "Sync",
    "Team",
    "Used",
    "Van",
    "Waiting",
]

BEGIN: Final = "work_order.begin"


class Queries:
    """Reads what is shown, over a connection that one thread owns. Each answer is one snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: tuple[tuple[int, int], Waiting] | None = None

    def jobs(self) -> list[Job]:
        """The jobs on this phone, by planned time, those without one last."""
        with reading(self._connection):
            return lists.listed(self._connection)

    def sheet(self, named: str) -> Sheet | None:
        """Everything about the job with this number or id."""
        with reading(self._connection):
            order = self.job_named(named)
            return sheets.sheet(self._connection, order) if order is not None else None

    def photos(self, order_id: str) -> tuple[Pictured, ...]:
        """The photos of a job that nobody has taken back, and how safe each is."""
        with reading(self._connection):
            return pictures.of_job(self._connection, order_id)

    def bill(self, order_id: str) -> Bill | None:
        """What the bill of a job is made of."""
        with reading(self._connection):
            order = self.job_named(order_id)
            return bills.bill(self._connection, order) if order is not None else None

    def find_jobs(self, text: str) -> list[Job]:
        """The jobs that mention every word of a text; one Chinese character is enough."""
        with reading(self._connection):
            return finding.mentioning(self._connection, text)

    def find_parts(self, text: str) -> tuple[Stocked, ...]:
        """The parts that mention every word of a text, best first, with what one's van holds."""
        with reading(self._connection):
            return stock.mentioning(self._connection, text)

    def van(self) -> Van | None:
        """What this person's own van holds, or None where they have none."""
        with reading(self._connection):
            return stock.van(self._connection)

    def unsigned_beside(self, job: str) -> list[Job]:
        """The other jobs of the same customer and place for which nobody has signed yet."""
        with reading(self._connection):
            return lists.unsigned_beside(self._connection, job)

    def shown(self, jobs: Iterable[str]) -> State:
        """Every row that a document about these jobs (by id) may be made of."""
        with reading(self._connection):
            return proof.state(self._connection, jobs)

    def printable(self, jobs: Collection[str]) -> State:
        """Every row that a paper about these jobs (by id) may be made of."""
        with reading(self._connection):
            return papers.state(self._connection, jobs)

    def signed_document(self, sign_off: SignOff) -> SignedDocument | None:
        """What was signed, word for word."""
        with reading(self._connection):
            return proof.signed_document(self._connection, sign_off)

    def machines_at(self, site_id: str) -> tuple[Asset, ...]:
        """The machines at a site, by name."""
        with reading(self._connection):
            found = rows.living(self._connection, ("site", site_id))
        machines = (one for one in found if isinstance(one, Asset) and not one.gone)
        return tuple(sorted(machines, key=lambda one: (one.name, one.id)))

    def begun(self) -> str | None:
        """The id of the job that was begun on this phone last, as long as its outbox tells."""
        found = [one.job for one in self.outbox() if one.kind == BEGIN]
        return found[-1] if found else None

    def history(self, asset_id: str) -> list[Past]:
        """The last visits to a machine, newest first."""
        with reading(self._connection):
            return list(histories.of_machine(self._connection, asset_id))

    def inbox(self) -> list[Notice]:
        """What the office did and what became of one's own ops, newest first."""
        with reading(self._connection):
            return inboxes.notices(self._connection)

    def outbox(self, words: Catalogue | None = None) -> list[Line]:
        """Every op of this person, in the order they were recorded; in words, if there are any."""
        with reading(self._connection):
            found = lines.every(self._connection)
        return [lines.in_words(line, words) for line in found] if words is not None else found

    def receipts(self) -> list[Receipt]:
        """What is left of this person's ops that the server has for good."""
        with reading(self._connection):
            return lines.receipts(self._connection)

    def waiting(self) -> Waiting:
        """What a chip shows of the outbox and the inbox; cheap enough for every redraw."""
        # By whom anything was written: another connection, or this one.
        seen = self._connection.execute("PRAGMA data_version").fetchone()[0]
        written = (int(seen), self._connection.total_changes)
        if self._waiting is None or self._waiting[0] != written:
            with reading(self._connection):
                self._waiting = (written, conditions.waiting(self._connection))
        return self._waiting[1]

    def office_time(self, at: At) -> int:
        """What the office's clock says now, as far as this phone can tell (ms)."""
        with reading(self._connection):
            seen = rows.identity(self._connection).sighting
        return corrected(at, [seen] if seen is not None else [], received=MS_MAX).ms

    def condition(self, free_bytes: int) -> Condition:
        """How this phone is: what waits, since when, when the server last answered, what room."""
        with reading(self._connection):
            return conditions.condition(self._connection, free_bytes)

    def unready(self, free_bytes: int, now_ms: int) -> tuple[Gap, ...]:
        """What this phone itself lacks for a day without a network."""
        with reading(self._connection):
            return ready.unready(self._connection, free_bytes, now_ms)

    def kept(self) -> Kept:
        """How long things stay on this phone."""
        with reading(self._connection):
            return leaving.kept(self._connection)

    def job_named(self, text: str) -> WorkOrder | None:
        """The job with this number or id. Also for use inside a transaction."""
        return lists.named(self._connection, text)

    def part_named(self, text: str) -> Part | None:
        """The part with this number or bar code. Also for use inside a transaction."""
        return stock.part_named(self._connection, text)

    def part(self, identity: str) -> Part | None:
        """The part with this id."""
        return rows.one(self._connection, Part, identity)
