"""What every part of the demo company stands on: its ids, its dice, its calendar, its files."""

import datetime
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from msgspec import Struct, field

from shared.ids import derive
from shared.ops import SYSTEM

FOLDER: Final = Path(__file__).resolve().parents[2] / "assets" / "demo"
ZONE: Final = datetime.timezone(datetime.timedelta(hours=8))
BEFORE_EVERYTHING: Final = -30  # the day, counted from today, on which master data was entered

THIS_MORNING: Final = 10 * 60 + 30  # minutes after midnight: how far the day has come by itself

T = TypeVar("T")


class DemoOp(Struct, frozen=True, kw_only=True):
    """One act of the demo company. `at` is when it was done, Unix time in milliseconds."""

    id: str
    kind: str
    on: tuple[str, str]
    args: dict[str, Any]
    by: str
    at: int
    visit: str | None = None


class Login(Struct, frozen=True, kw_only=True):
    """Somebody who can sign in, with a password that whoever loads the company gives."""

    person_id: str
    login: str
    name: str
    roles: tuple[str, ...]


class Company(Struct, frozen=True, kw_only=True):
    """Everything the demo company did until this morning, and who can sign in.

    `disputes` are edits that contradict each other: the second of each two becomes a conflict.
    """

    ops: list[DemoOp]
    field: list[DemoOp]
    after: list[DemoOp]
    disputes: list[DemoOp]
    logins: list[Login]


class Premises(Struct, frozen=True, kw_only=True):
    """A seed and the day that is today. Ids of rows depend on the seed alone.

    `until` is how far that day has come, in minutes after midnight: nothing happened later.
    """

    seed: int
    day: datetime.date
    until: int = THIS_MORNING
    folder: Path = field(default=FOLDER)

    def read(self, name: str) -> dict[str, Any]:
        """One of the files the company is written in."""
        return tomllib.loads((self.folder / f"{name}.toml").read_text(encoding="utf-8"))

    def id(self, *names: str | int) -> str:
        """The id that these names have in this company."""
        return derive("demo", self.seed, *names)

    def roll(self, sides: int, *names: str | int) -> int:
        """A number from 0 to sides - 1 that these names always give."""
        return UUID(self.id("roll", *names)).int % sides

    def draw(self, of: Sequence[T], *names: str | int) -> T:
        """One of several, always the same for these names."""
        return of[self.roll(len(of), *names)]

    def date(self, offset: int) -> datetime.date:
        """The day so many days from today."""
        return self.day + datetime.timedelta(days=offset)

    def wall(self, offset: int, minutes: int) -> str:
        """A wall time, in minutes after midnight, so many days from today."""
        return f"{self.date(offset).isoformat()}T{minutes // 60:02d}:{minutes % 60:02d}"

    def at(self, offset: int, minutes: int) -> int:
        """The same moment in the company's own zone, in Unix milliseconds."""
        midnight = datetime.datetime.combine(self.date(offset), datetime.time(), tzinfo=ZONE)
        return int(midnight.timestamp()) * 1000 + minutes * 60_000

    def before(self, minutes: int) -> int:
        """So many minutes before the end of what has happened, in Unix milliseconds."""
        return self.at(0, self.until - minutes)

    def put(self, noun: str, identity: str, row: dict[str, Any]) -> DemoOp:
        """The op that writes a row of master data."""
        return DemoOp(
            id=self.id("put", self.day.isoformat(), noun, identity),
            kind="master.put",
            on=(noun, identity),
            args={"row": row},
            by=SYSTEM,
            at=self.at(BEFORE_EVERYTHING, 8 * 60),
        )
