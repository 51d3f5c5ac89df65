"""What this phone keeps: files taken up again where they were lost, and all let go of when safe."""

from pathlib import Path
from typing import Final

from mobile import evidence
from mobile.replica import Replica

DATABASES: Final = "*.db"
MONTH_MS: Final = 30 * 24 * 3_600_000  # so long an older backup than the last may be put back


def take_up(replica: Replica, folder: Path) -> int:
    """Let files wait again that lie here and never arrived, though nobody remembers sending them.

    So it is on a phone whose database was put back from a backup. Returns how many there were.
    """
    there = evidence.here(folder)
    loose = there - replica.files(there).keys()
    if not loose:
        return 0
    with replica.transaction():
        found = replica.unheld(replica.identity().person, loose)
        replica.hold(found)
    return len(found)


def tidy(replica: Replica, folder: Path, now_s: float) -> None:
    """Let go of ops and files that the server has for good, and of what no photo names.

    For good: its last verified backup was begun after that; of an op, a month after. Where there
    is little room left, only thumbnails stay, otherwise whatever is of a job on this phone.
    """
    durable = replica.identity().durable_through
    if durable is not None:
        with replica.transaction():
            replica.let_go_of_ops(durable - MONTH_MS)
        scarce = evidence.room_level(folder) != "ok"
        gone = replica.let_go_of(durable, all_finals=scarce)
        evidence.let_go(folder, gone)
        if gone:
            with replica.transaction():
                replica.forget(gone)
    if len(list(folder.glob(DATABASES))) == 1:  # what another person's work names is not known here
        evidence.sweep(folder, replica.files(evidence.here(folder)).keys(), now_s)
