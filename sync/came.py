"""What one answer came to, as far as there may be anything to tell a person of it."""

from collections.abc import Collection

from msgspec import Struct

from shared.records import Aggregate
from sync.ports import Outboxed


class Turned(Struct, frozen=True, kw_only=True):
    """An op of the outbox whose verdict an answer brought, as it was before and is now."""

    before: Outboxed
    after: Outboxed


class Came(Struct, frozen=True, kw_only=True):
    """What one answer came to, at the server's time `now` (ms): verdicts, and the things whose
    streams are read to their ends now; `ended` if all are. Of `still` things it brought verdicts
    and no rows. `scope` names all streams that are this phone's, where the answer said so;
    otherwise `gone` those that no longer are.
    """

    now: int
    turned: list[Turned]
    whole: set[Aggregate]
    ended: bool
    still: set[Aggregate]
    gone: set[Aggregate]
    scope: Collection[str] | None = None
