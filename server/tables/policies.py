"""The policies' tables: versions of service policies, which is in force, and working calendars."""

from typing import Any

from server.tables.domain import Kept, nested, whole


class ServicePolicy(Kept, table=True):
    """One version of a policy."""

    __tablename__ = "service_policy"

    name: str
    number: int = whole()
    valid_from: str
    en: str
    zh: str
    about_en: str
    about_zh: str
    trade: str
    limits: list[dict[str, Any]] = nested()
    targets: list[dict[str, Any]] = nested()
    duties: list[dict[str, Any]] = nested()
    further: list[dict[str, Any]] = nested()
    by: str
    at: int = whole()


class PolicyChoice(Kept, table=True):
    """Which policy is in force for whom."""

    __tablename__ = "policy_choice"

    editions: list[dict[str, Any]] = nested()
    chosen: list[dict[str, Any]] = nested()
    zones: dict[str, str] = nested()
    classes: dict[str, str] = nested()


class WorkingCalendar(Kept, table=True):
    """The hours of the company or of a team."""

    __tablename__ = "working_calendar"

    team: str
    time_zone: str
    week: list[Any] = nested()
    days: list[dict[str, Any]] = nested()
    country: str
    open_years: list[int] = nested()
