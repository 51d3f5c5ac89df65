"""The main job as people do it: dispatchers in browsers, a technician on a phone without a network.

The server is killed twice and the app once, at the worst moments; at the end both databases are
read and compared.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from playwright.sync_api import Browser

from server.texts import read_catalogue
from shared.texts import Catalogue, Language, parse, say
from tests.e2e.processes import ROOT, Server, fieldfare
from tests.story import proof
from tests.story.dispatcher import Dispatcher
from tests.story.proof import Paper
from tests.story.reconciliation import Both, Subject, books_of, checks, rows
from tests.story.technician import Technician

TECHNICIAN: Final = "zhou.jian"
DESKS: Final = ("diaodu1", "diaodu2")
OFFICE_NUMBER: Final = "13900001111"
FIELD_NUMBER: Final = "13900002222"
DIGITS: Final = 4
POLL_S: Final = 0.005
PATIENCE_S: Final = 60.0
PROBLEMS: Final = {
    "en": ("It shows E6 and does not heat", "E6, no heat"),
    "zh": ("显示 E6，不制热，热水也没有", "E6 不制热"),
}
WORK: Final = {
    "en": ("Filter was blocked", "Filter cleaned, tested for ten minutes", "Clean it every spring"),
    "zh": ("滤网堵塞", "清洗滤网，试机十分钟正常", "建议每年春季清洗"),
}

Tell = Callable[..., None]


class Called(Struct, frozen=True, kw_only=True):
    """Who calls: the site, its number, its checklist, and what its people are called."""

    site: str
    phone: str
    checklist: str


class Played(Struct, frozen=True, kw_only=True):
    """What a performance came to: what was compared, and whether it holds."""

    checks: tuple[tuple[str, bool, str], ...]

    @property
    def holds(self) -> bool:
        """Whether all of it does."""
        return all(good for _, good, _ in self.checks)


class Stage:
    """Everything one performance needs, in one folder: server, phone, browsers, pictures."""

    def __init__(self, folder: Path, language: Language, browser: Browser) -> None:
        self.folder = folder
        self.language = language
        self.browser = browser
        self.shots = folder / "shots"
        self.server = Server(folder / "server")
        self.books = folder / "server" / "fieldfare.db"
        self.technician = Technician(folder / "phone", language)
        self.people: dict[str, str] = {}
        self._shots = 0

    def found(self) -> None:
        """Make the server's folder, with the demo company in it."""
        ran = fieldfare("init", "--data", self.server.data, "--demo", "--lang", self.language)
        assert ran.code == 0, ran
        self.people = {one["login"]: one["name"] for one in ran.told["demo_logins"]}

    def desk(self, login: str) -> Dispatcher:
        """Somebody of the office at a browser of their own."""
        return Dispatcher(self.browser, self.server.url, login, self.language)

    def at_server(self, statement: str, *values: Any) -> list[Any]:
        """Rows of the server's database."""
        return rows(self.books, statement, *values)

    def shot(self, of: Dispatcher | Technician, name: str) -> None:
        """A picture of what one of them sees."""
        self._shots += 1
        path = self.shots / f"{self._shots:02}-{name}-{self.language}.png"
        if isinstance(of, Dispatcher):
            of.shot(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            of("shot", str(path))

    def end(self) -> None:
        """Leave nothing running."""
        self.technician.kill()
        self.server.give_up()


def narrator(language: Language) -> Catalogue:
    """What the story says in a language."""
    told = Path(__file__).with_name("texts") / f"{language}.toml"
    return parse(told.read_text(encoding="utf-8"))


def perform(stage: Stage, tell: Tell) -> Played:
    """Play it from an empty folder to the reconciliation; whoever calls ends the stage."""
    name = _open(stage, tell)
    first, second = (stage.desk(login) for login in DESKS)
    tell("two_desks")
    _enrol(stage, first, name, tell)
    caller = _caller(stage)
    ticket, number = _request(stage, (first, second), (caller, name), tell)
    order = _on_the_phone(stage, first, number, tell)
    before = _part_in_the_van(stage)
    stage.server.kill()
    tell("server_gone")
    _on_site(stage, order, name, tell)
    part = _worked(stage, order, tell)
    paper = _proven(stage, order, number, tell)
    _meanwhile(stage, first, ticket, tell)
    _photos_follow(stage, tell)
    _look(stage, first, number, paper, tell)
    subject = Subject(order=number, ticket=ticket, part=part, van=_van(stage), before=before[part])
    return _reconcile(stage, subject, paper, tell)


def _open(stage: Stage, tell: Tell) -> str:
    tell("begin", folder=str(stage.server.data))
    stage.found()
    stage.server.start()
    tell("serving", url=stage.server.url)
    return stage.people[TECHNICIAN]


def _enrol(stage: Stage, desk: Dispatcher, name: str, tell: Tell) -> None:
    """The dispatcher makes a code; its text makes an empty phone somebody's."""
    text = desk.invite(TECHNICIAN)
    stage.shot(desk, "invitation")
    phone = stage.technician
    phone.open()
    phone("fill", "TextField", 0, text)
    stage.shot(phone, "enrol")
    phone("press", phone.word("enrol", "connect"))
    phone.tap("pin", "later")
    stage.shot(phone, "waiting")
    desk.let_in()
    phone("until_chip", phone.word("kit.sync", "up_to_date"))
    stage.shot(phone, "today")
    tell("enrolled", name=name, jobs=len(phone("jobs")))


def _caller(stage: Stage) -> Called:
    """A site whose last four digits are nobody else's, with a machine like one with a checklist."""
    found = stage.at_server(
        """SELECT site.id, site.contact_phone, max(work_order.checklist_id) FROM site
        JOIN asset ON asset.site_id = site.id JOIN work_order ON work_order.asset_id = asset.id
        WHERE site.contact_phone <> '' AND work_order.checklist_id IS NOT NULL
        GROUP BY site.id HAVING count(DISTINCT asset.id) = 1 ORDER BY site.id"""
    )
    known = [str(one[0]) for one in stage.at_server("SELECT contact_phone FROM site")]
    known += [str(one[0]) for one in stage.at_server("SELECT phone FROM customer")]
    for site, phone, checklist in found:
        if sum(one.endswith(phone[-DIGITS:]) for one in known) <= 2:
            return Called(site=site, phone=phone, checklist=checklist)
    raise AssertionError("nobody of the demo company can be told by four digits")


def _request(
    stage: Stage, desks: tuple[Dispatcher, Dispatcher], who: tuple[Called, str], tell: Tell
) -> tuple[str, str]:
    """A call becomes a ticket and a work order, and somebody gets it; another desk sees it live."""
    first, second = desks
    caller, name = who
    problem, summary = PROBLEMS[stage.language]
    second.go("/tickets")
    first.go("/")
    stage.shot(first, "start")
    named = first.take_request(caller.phone[-DIGITS:], caller.site, problem)
    ticket = _number(stage, "ticket", named)
    stage.shot(first, "plan")
    tell("request", ticket=ticket)
    second.page.locator("[data-show]").first.click()
    second.see(ticket)
    stage.shot(second, "tickets")
    tell("live")
    number = _number(stage, "work_order", first.plan(summary, caller.checklist))
    stage.shot(first, "assign")
    first.assign(name)
    tell("assigned", number=number, name=name)
    second.close()
    return ticket, number


def _number(stage: Stage, table: str, named: str) -> str:
    """The number of a thing that an address names by its number or its id."""
    found = stage.at_server(f"SELECT number FROM {table} WHERE ? IN (id, number)", named)
    return str(found[0][0])


def _on_the_phone(stage: Stage, desk: Dispatcher, number: str, tell: Tell) -> str:
    """The new job reaches the phone, and the console knows; the id of the job."""
    phone = stage.technician
    _until(lambda: phone("ring") or number in phone("jobs"), "the job does not reach the phone")
    stage.server.stop()
    stage.server.start()  # what phones confirmed is written down at the latest when it stops
    desk.go(f"/work-orders/{number}")
    stage.shot(desk, "sent")
    tell("on_phone")
    found: str = phone("jobs")[number]
    return found


def _on_site(stage: Stage, order: str, name: str, tell: Tell) -> None:
    """Accept, set off, arrive, start; then the app dies under a sheet with half a sentence."""
    phone = stage.technician
    phone("go", "work_order", {"id": order})
    stage.shot(phone, "job")
    for code in ("accept", "depart", "arrive", "start"):
        phone("step", phone.word("job_step", code))
    tell("on_site", name=name)
    phone("step", "more")
    phone.tap("job_beside", "end")
    phone.tap("outcomes", "waits_for_part")
    found = WORK[stage.language][0]
    phone("type", phone.word("job_end", "diagnosis"), found)
    at = phone("place")
    phone.kill()
    phone.open()
    assert phone("place") == at == ["work_order", "outcome"], (phone("place"), at)
    phone("until", found)
    stage.shot(phone, "reopened")
    phone("back")
    phone("until_no_sheet")
    tell("app_killed")


def _worked(stage: Stage, order: str, tell: Tell) -> str:
    """Answer what is asked, use a part, correct the number, finish; the number of the part."""
    phone = stage.technician
    phone("go", "checklist", {"id": order})
    for code, sort, right in phone("unchecked"):
        if sort in ("number", "text"):
            phone("tap", f"fill:{code}")
            phone("fill", "NumberField" if sort == "number" else "TextField", 0, right)
            phone.tap("job_checks", "save")
        else:
            phone("tap", f"answer:{code}:{right}")
        phone("until_answered", code)
    stage.shot(phone, "checklist")
    part = _use_a_part(stage, order)
    stage.shot(phone, "parts")
    phone("go", "notes", {"id": order})
    phone("fill", "TextField", 0, WORK[stage.language][2])
    phone.tap("job_notes", "save")
    phone("go", "details", {"id": order})
    phone("type", phone.word("fields", "contact_phone"), FIELD_NUMBER)
    phone("unfocus")
    proof.photographed(phone, order, _until)
    stage.shot(phone, "photos")
    tell("photographed", count=proof.PICTURES)
    phone("go", "work_order", {"id": order})
    _finish(stage)
    stage.shot(phone, "done")
    tell("worked")
    return part


def _proven(stage: Stage, order: str, number: str, tell: Tell) -> Paper:
    """What it costs, the customer's signature, and the report, all without a network."""
    phone = stage.technician
    proof.billed(phone, order)
    stage.shot(phone, "bill")
    tell("billed")
    proof.signed(phone, order, lambda name: stage.shot(phone, name))
    tell("signed", name=proof.SIGNERS[stage.language])
    paper = proof.reported(phone, order, number, stage.folder)
    stage.shot(phone, "report")
    tell("reported", content=paper.content[:12])
    phone("go", "work_order", {"id": order})
    return paper


def _photos_follow(stage: Stage, tell: Tell) -> None:
    """The files follow the acts; the server dies once more among them."""
    phone = stage.technician
    arrived = "SELECT count(*) FROM evidence_file"
    _until(lambda: stage.at_server(arrived)[0][0] > 0, "no file arrives")
    stage.server.kill()
    there = stage.at_server(arrived)[0][0]
    stage.server.start()
    phone("ring")
    _until(lambda: phone("unsafe") == 0, "the files do not get through")
    tell("photos_safe", before=there, count=stage.at_server(arrived)[0][0])


def _use_a_part(stage: Stage, order: str) -> str:
    """One of something that the van holds and that has no serial number; its number."""
    part = min(_part_in_the_van(stage))
    phone = stage.technician
    phone("go", "parts", {"id": order})
    phone.tap("job_parts", "add")
    phone("fill", "SearchField", 0, part)
    phone("tap", phone("part", part))
    phone("tap", phone.word("job_parts", "confirm_use", quantity="1", unit="").strip())
    phone("until_no_sheet")
    return part


def _finish(stage: Stage) -> None:
    """End the visit, with what was found and done."""
    phone = stage.technician
    phone("step", phone.word("job_step", "finish"))
    for number, text in enumerate(WORK[stage.language]):
        phone("fill", "TextField", number, text)
    phone("press", phone.word("job_end", "confirm_done"))
    phone("until_no_sheet")


def _part_in_the_van(stage: Stage) -> dict[str, int]:
    """What the technician's van holds of parts without serial numbers, by part number."""
    found = stage.at_server(
        """SELECT part.number, balance.amount FROM balance
        JOIN part ON part.id = balance.part_id WHERE balance.location_id = ?
        AND NOT part.serialised AND balance.amount >= 1000 ORDER BY part.number""",
        _van(stage),
    )
    return dict(found)


def _van(stage: Stage) -> str:
    found = stage.at_server("SELECT van_id FROM person WHERE login = ?", TECHNICIAN)
    return str(found[0][0])


def _meanwhile(stage: Stage, desk: Dispatcher, ticket: str, tell: Tell) -> None:
    """The office edits what the technician edited; then the server dies while they talk."""
    phone = stage.technician
    acts = _recorded(stage)
    tell("waits", chip=phone("chip"))
    phone.close()  # put away, so that the office is first: an open app talks as soon as it can
    stage.server.start()
    desk.change_contact(ticket, OFFICE_NUMBER)
    tell("office_edits")
    phone.open()
    _until(lambda: _seen(stage, acts) > 0, "the phone does not synchronise")
    stage.server.kill()
    tell("killed", seen=_seen(stage, acts), count=len(acts))
    stage.server.start()
    _until(lambda: phone("ring") or not _waiting(stage), "the phone does not get through")
    phone("draw")
    stage.shot(phone, "synchronised")
    tell("synced", chip=phone("chip"), verdicts=_verdicts(stage))


def _recorded(stage: Stage) -> list[str]:
    found = rows(books_of(stage.technician.folder), "SELECT op_id FROM outbox")
    return [str(one[0]) for one in found]


def _waiting(stage: Stage) -> int:
    books = books_of(stage.technician.folder)
    return int(rows(books, "SELECT count(*) FROM outbox WHERE verdict IS NULL")[0][0])


def _seen(stage: Stage, acts: Sequence[str]) -> int:
    marks = ", ".join("?" * len(acts))
    return int(stage.at_server(f"SELECT count(*) FROM op WHERE op_id IN ({marks})", *acts)[0][0])


def _verdicts(stage: Stage) -> str:
    words = read_catalogue(ROOT / "assets" / "texts" / stage.language)
    found = rows(
        books_of(stage.technician.folder),
        "SELECT verdict, count(*) FROM outbox GROUP BY verdict ORDER BY verdict",
    )
    return " · ".join(f"{count} × {say(words, 'verdicts', verdict)}" for verdict, count in found)


def _look(stage: Stage, desk: Dispatcher, number: str, paper: Paper, tell: Tell) -> None:
    """What the office sees of it: the job done, both numbers, a log that holds, a paper checked."""
    desk.go(f"/work-orders/{number}")
    desk.see(desk.word("statuses", "done"))
    stage.shot(desk, "story")
    tell("seen_done")
    desk.settle_newest(OFFICE_NUMBER)
    stage.shot(desk, "conflict")
    tell("conflict")
    tell("verified", said=desk.verify_everything())
    stage.shot(desk, "audit")
    query = paper.code.partition("?")[2]
    desk.go(f"/verify?{query}")
    desk.see(desk.word("verify.verdicts", "genuine"))
    stage.shot(desk, "verify")
    desk.go(f"/verify?{proof.altered(query)}")
    desk.see(desk.word("verify.verdicts", "differs"))
    tell("checked")
    desk.close()


def _reconcile(stage: Stage, subject: Subject, paper: Paper, tell: Tell) -> Played:
    """Compare the two databases and the two reports, and the audit log with itself."""
    tell("reconciled")
    phone = stage.technician
    untold = "SELECT count(*) FROM photo WHERE arrived_at IS NULL"
    _until(lambda: stage.at_server(untold)[0][0] == 0, "a photo is not told to have arrived")
    _until(lambda: phone("ring") or _is_level(stage), "the phone does not hear of the last acts")
    unsigned = "SELECT count(*) FROM leaf WHERE number IS NULL"
    _until(lambda: stage.at_server(unsigned)[0][0] == 0, "the notary does not sign")
    ran = fieldfare("audit", "verify", "--data", stage.server.data)
    both = Both(server=stage.books, phone=books_of(phone.folder))
    server = stage.server.data
    again = proof.reported_again(server, subject.order, stage.language, stage.folder)
    proven = proof.checks(both, subject.order, (paper, again), server)
    return Played(checks=(*checks(both, subject, ran.told), *proven))


def _is_level(stage: Stage) -> bool:
    """Whether the phone has read its streams to their ends."""
    marks = dict(rows(books_of(stage.technician.folder), "SELECT stream, cursor FROM mark"))
    heads = dict(stage.at_server("SELECT stream, seq FROM stream_head"))
    return all(heads.get(stream, cursor) <= cursor for stream, cursor in marks.items())


def _until(holds: Callable[[], Any], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(POLL_S)
