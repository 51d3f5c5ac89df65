"""The main job, played by command on the demo company, with the server killed in the middle.

Everything is done as anybody would do it: with the `fieldfare` command and over HTTP; and at the
end both databases are read and compared.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from server.demo.reconciliation import Subject, checks
from server.demo.stage import Failed, Stage
from server.texts import read_catalogue
from shared.amounts import quantity_text
from shared.texts import say as word

TECHNICIAN: Final = "zhou.jian"
DISPATCHER: Final = "diaodu1"
OFFICE_NUMBER: Final = "139 0000 1111"
FIELD_NUMBER: Final = "139 0000 2222"
UNREACHABLE, NEEDS_PERSON, REFUSED = 4, 5, 3

Voice = Callable[..., None]
Words = Callable[[str, str], str]


class Job(Struct, frozen=True, kw_only=True):
    """The job that is done: its numbers, and what it is about."""

    number: str
    order: str
    ticket: str
    site: str
    phone_seen: str


class Used(Struct, frozen=True, kw_only=True):
    """The part that is used, where from, and how much there was before, in thousandths."""

    part: str
    van: str
    before: int


def play(command: Sequence[str], folder: Path | None, texts: Path, language: str) -> int:
    """Play it aloud; 0 only if everything reconciles. A folder that was named is kept."""
    catalogue = read_catalogue(texts / language)

    def say(code: str, **params: Any) -> None:
        print(word(catalogue, "main_job", code, params), flush=True)

    with _place(folder) as place:
        stage = Stage(command, place, language)
        try:
            holds = _perform(stage, say, partial(word, catalogue))
        except Failed as failed:
            say("bad")
            print(failed)
            return 1
        finally:
            stage.kill()
    say("good" if holds else "bad")
    return 0 if holds else 1


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="fieldfare-demo-") as name:
        yield Path(name)


def _perform(stage: Stage, say: Voice, words: Words) -> bool:
    say("begin", folder=str(stage.books))
    made = stage.run("init", "--data", str(stage.books), "--demo", "--lang", stage.language)
    passwords = {one["login"]: one["password"] for one in made["demo_logins"]}
    names = {one["login"]: one["name"] for one in made["demo_logins"]}
    stage.start()
    say("serving", url=stage.url)
    job = _request(stage, passwords[DISPATCHER])
    say("request", ticket=job.ticket, number=job.number, technician=names[TECHNICIAN])
    _enrol(stage)
    jobs = stage.device("list")["items"]
    say("enrolled", technician=names[TECHNICIAN], jobs=len(jobs))
    stage.kill()
    say("server_gone")
    used = _work(stage, job)
    acts = _recorded(stage)
    say("offline", technician=names[TECHNICIAN], count=len(acts))
    refused = {"part": used.part, "quantity": "0"}
    said = _do(stage, job, "parts.use", refused, codes=(REFUSED,))
    say("refused", reason=said["reason"])
    stage.device("sync", codes=(UNREACHABLE,))
    say("unreachable", count=len(acts))
    _meanwhile(stage, job, acts, say)
    report = stage.device("sync", codes=(0, NEEDS_PERSON))
    say("synced", verdicts=_spoken(stage.device("outbox")["items"], words))
    again = stage.device("sync")
    say("again")
    clean = report["checksum_ok"] and again["pushed"] == again["pulled_rows"] == 0
    return _reconcile(stage, (job, used), say, words) and clean


def _request(stage: Stage, password: str) -> Job:
    """A customer calls about a machine of the technician's; the dispatcher plans and assigns."""
    signed_in = stage.ask("/api/login", {"login": DISPATCHER, "password": password})
    stage.token = signed_in["token"]
    like = stage.ask(f"/api/work-orders?assignee={TECHNICIAN}&limit=1")["items"][0]
    known = stage.ask(f"/api/work-orders/{like['number']}")
    said = {
        "customer": known["customer_id"],
        "site": known["site_id"],
        "asset": known["asset_id"],
        "problem": "E6，不制热 / shows E6 and does not heat",
        "channel": "phone",
        "priority": "urgent",
    }
    ticket = stage.office("ticket.open", ("ticket", ""), said)
    plan = {
        "ticket": ticket["id"],
        "summary": "E6，不制热 / E6, no heat",
        "category": "A",
        "service": "repair",
        "priority": "urgent",
        "checklist": known["checklist_id"],
    }
    order = stage.office("work_order.create", ("work_order", ""), plan)
    person = known["assignments"][0]["person_id"]
    on = ("work_order", order["id"])
    stage.office("work_order.assign", on, {"person": person, "role": "lead"})
    return Job(
        number=order["detail"]["number"],
        order=order["id"],
        ticket=ticket["detail"]["number"],
        site=known["site_id"],
        phone_seen=known["site"]["contact_phone"],
    )


def _enrol(stage: Stage) -> None:
    port = ("--port", str(stage.port))
    code = stage.run("enrol-code", "--data", str(stage.books), "--person", TECHNICIAN, *port)
    stage.device("enrol", "--code", code["text"])
    stage.device("sync")


def _work(stage: Stage, job: Job) -> Used:
    """The whole job, without a network."""
    for verb in ("accept", "depart", "arrive", "start"):
        _do(stage, job, f"work_order.{verb}", {})
    for line in stage.device("show", "--wo", job.number)["checklist"]:
        _do(stage, job, "checklist.answer", _answer(line["item"]))
    used = _part(stage)
    _do(stage, job, "parts.use", {"part": used.part, "quantity": "1"})
    _do(stage, job, "edit", {"fields": {"contact_phone": FIELD_NUMBER}})
    note = {"text": "滤网堵塞，已清洗 / filter was blocked, cleaned", "audience": "customer"}
    _do(stage, job, "note.add", note)
    report = {"outcome": "done", "diagnosis": "E6", "work_done": "滤网 / filter"}
    _do(stage, job, "work_order.complete", report)
    return used


def _answer(item: dict[str, Any]) -> dict[str, Any]:
    values = {
        "pass_fail": "pass",
        "text": "OK",
        "number": quantity_text(item.get("low") or item.get("high") or 0),
        "choice": item["choices"][0]["code"] if item.get("choices") else "",
    }
    return {"item": item["code"], "value": values[item["type"]]}


def _part(stage: Stage) -> Used:
    """Something the technician's own van holds that has no serial number."""
    owner = msgspec.json.decode((stage.phone / "device.json").read_bytes())["person"]
    rows = stage.query(
        stage.books / "fieldfare.db",
        """SELECT part.number, location.id, balance.amount, part.id FROM balance
        JOIN part ON part.id = balance.part_id JOIN location ON location.id = balance.location_id
        WHERE location.person_id = ? AND NOT part.serialised AND balance.amount >= 1000
        ORDER BY part.number LIMIT 1""",
        owner,
    )
    number, van, before, _ = rows[0]
    return Used(part=number, van=van, before=before)


def _do(
    stage: Stage, job: Job, kind: str, args: dict[str, Any], codes: Sequence[int] = (0,)
) -> Any:
    said = msgspec.json.encode(args).decode()
    return stage.device("do", kind, "--wo", job.number, "--json", said, codes=codes)


def _meanwhile(stage: Stage, job: Job, acts: Sequence[str], say: Voice) -> None:
    """The office edits what the technician edited; then the server dies while they talk."""
    stage.start()
    said = {"fields": {"contact_phone": [job.phone_seen, OFFICE_NUMBER]}}
    stage.office("edit", ("site", job.site), said)
    say("office_edits")
    stage.sync_and_kill(lambda: _seen(stage, acts) > 0)
    say("killed", seen=_seen(stage, acts), count=len(acts))
    stage.start()


def _recorded(stage: Stage) -> list[str]:
    return [line["op_id"] for line in stage.device("outbox")["items"]]


def _seen(stage: Stage, acts: Sequence[str]) -> int:
    marks = ", ".join("?" * len(acts))
    statement = f"SELECT count(*) FROM op WHERE op_id IN ({marks})"  # noqa: S608  only marks
    return int(stage.query(stage.books / "fieldfare.db", statement, *acts)[0][0])


def _spoken(lines: Sequence[dict[str, Any]], words: Words) -> str:
    verdicts = [line["verdict"] for line in lines]
    told = sorted(set(verdicts))
    return " · ".join(f"{verdicts.count(one)} × {words('verdicts', one)}" for one in told)


def _reconcile(stage: Stage, done: tuple[Job, Used], say: Voice, words: Words) -> bool:
    """Compare the two databases, and the audit log with itself."""
    job, used = done
    say("reconciled")
    _let_the_notary_sign(stage)
    subject = Subject(
        order=job.number, ticket=job.ticket, part=used.part, van=used.van, before=used.before
    )
    good = True
    for code, holds, value in checks(stage, subject):
        print("  ✓ " if holds else "  ✗ ", end="")
        say(code, value=" ".join(words("statuses", one) for one in value.split(" ")))
        good = good and holds
    return good


def _let_the_notary_sign(stage: Stage) -> None:
    statement = "SELECT count(*) FROM leaf WHERE number IS NULL"
    books = stage.books / "fieldfare.db"
    stage.wait(lambda: stage.query(books, statement)[0][0] == 0, "the notary does not sign")
