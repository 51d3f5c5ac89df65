"""The table of what a company calls a sign of trouble to come."""

from typing import Any

from server.tables.domain import Kept, nested, whole


class ForesightRules(Kept, table=True):
    """The thresholds of foresight."""

    __tablename__ = "foresight_rules"

    repeat_count: int = whole()
    repeat_days: int = whole()
    again_days: int = whole()
    drift_days: int = whole()
    ends_days: int = whole()
    due_days: int = whole()
    parts_times: int = whole()
    parts_days: int = whole()
    intervals: list[dict[str, Any]] = nested()
