"""A demo company that is served once per module, its desk, and its technicians' phones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct, field

from tests.bases import CHOICE
from tests.e2e.processes import Desk, Phone, Server, Told, fieldfare

DAY = "2026-11-21"


class Company(Struct, kw_only=True):
    """A served demo company. `people` are the ids of its technicians, by login."""

    folder: Path
    server: Server
    desk: Desk
    people: dict[str, str]
    patterns: list[Told]
    phones: dict[str, Phone] = field(default_factory=dict)

    def phone(self, login: str) -> Phone:
        """Somebody's phone, enrolled when first asked for, in step with the server."""
        if login not in self.phones:
            self.phones[login] = self.desk.phone(self.folder / login, login)
        else:
            self.phones[login].sync()
        return self.phones[login]

    def job(self, *logins: str) -> Told:
        """A new work order at a site of its own, assigned to these people."""
        like = self.patterns.pop()
        return self.desk.job(*(self.people[login] for login in logins), like=like)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a demo company that nobody has served yet."""
    folder = tmp_path_factory.mktemp("pristine") / "data"
    url = CHOICE.place(lasts=True)
    place = ("--database", url) if url else ()
    made = fieldfare("init", "--data", folder, "--demo", "--day", DAY, *place)
    assert made.code == 0, made
    return folder


@pytest.fixture(scope="module")
def company(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A demo company that is served for all tests of a module."""
    folder = tmp_path_factory.mktemp("company")
    CHOICE.copied(pristine, folder / "data", lasts=True)
    with Server(folder / "data").serving() as server:
        yield opened(folder, server)
        assert server.faults() == []


def opened(folder: Path, server: Server) -> Company:
    """What tests need to know of a company that is served."""
    desk = Desk(server.url)
    orders = desk.get("/api/work-orders", limit="200")["items"]
    people = {one["login"]: one["id"] for order in orders for one in order["assignees"]}
    sites: dict[str, Told] = {order["site_id"]: order for order in orders}
    return Company(
        folder=folder, server=server, desk=desk, people=people, patterns=list(sites.values())
    )
