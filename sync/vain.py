"""Edits of one's own that did not come about, by what their author said on top of what."""

from typing import Final

from shared.editing import EditArgs
from shared.ops import PROVISIONAL, Verdict
from shared.registry import Registry
from sync.arrival import read
from sync.ports import Outboxed, Replica
from sync.protocol import WireOp

EDIT: Final = "edit"
VERDICTS: Final = frozenset({Verdict.REJECTED, *PROVISIONAL})


class Vain:
    """The edits of an outbox that were refused or wait; read only where another one did as well."""

    def __init__(self, replica: Replica, registry: Registry) -> None:
        self._replica = replica
        self._registry = registry
        self._found: list[Outboxed] | None = None

    def before(self, entry: Outboxed) -> list[EditArgs]:
        """Those of the same thing that were said before an edit, the newest first."""
        if entry.kind != EDIT:
            return []
        said = (
            read(WireOp(lseq=one.lseq, id=one.op_id, body=one.body), self._registry).args
            for one in reversed(self._edits())
            if one.on == entry.on and one.lseq < entry.lseq
        )
        return [one for one in said if isinstance(one, EditArgs)]

    def _edits(self) -> list[Outboxed]:
        if self._found is None:
            ops = self._replica.all_ops()
            self._found = [one for one in ops if one.kind == EDIT and one.verdict in VERDICTS]
        return self._found
