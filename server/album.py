"""The album: a picture as the office is shown it, and who looked at it.

A look at a customer's pictures is written down: at a whole picture every time, at the small ones of
a job once an hour and person. Nothing but a checked picture is shown, and without what cameras and
programs write beside one.
"""

import re
from typing import Final

from msgspec import Struct

from server import looks
from server.office import Office
from server.problems import Problem
from server.queries import evidence
from server.queries.pages import Item
from server.sessions import Actor
from shared.jpeg import bare
from shared.people import may

LOOK: Final = "evidence.read"
DROPPED: Final = "read.dropped"
OTHERS: Final = re.compile(r"[^A-Za-z0-9-]+")


class Shown(Struct, frozen=True, kw_only=True):
    """A picture to be shown: its bytes (JPEG), the hash it is known by, and a name to save it."""

    body: bytes
    sha256: str
    name: str


def find(office: Office, actor: Actor, sha256: str, *, small: bool = False) -> Item:
    """What is known of a photo's picture, or of the small one of it. Raises `Problem`.

    What was taken back by mistake or on purpose is nobody's but whose task it is to look into it.
    """
    with office.reading() as books:
        found = evidence.shown(books, sha256, dropped=may(actor.person.roles, DROPPED))
    if found is None:
        raise Problem("not_found")
    if found["fault"]:
        raise Problem("unreadable")
    shrunk = small and bool(found["has_small"])
    found["is_small"] = bool(found["is_small"]) or shrunk
    return {**found, "sha256": found["thumb_sha256"] if shrunk else sha256}


def show(office: Office, actor: Actor, found: Item) -> Shown:
    """A picture that was found, and the note that somebody looks at it. Raises `Problem`."""
    stored = office.evidence.read(found["sha256"])
    if stored is None:
        office.log.error("a file is missing in the evidence store", op=found["id"])
        raise Problem("not_found")
    body = bare(stored)
    if not body:
        raise Problem("unreadable")
    _note(office, actor, found)
    return Shown(body=body, sha256=found["sha256"], name=name_of(found))


def name_of(found: Item) -> str:
    """WO-26-000123-1.jpg: under what a picture is saved; made of the job's number, of no text."""
    number = OTHERS.sub("-", str(found["number"] or "photo"))
    return f"{number}-{found['place']}{'-small' if found['is_small'] else ''}.jpg"


def _note(office: Office, actor: Actor, found: Item) -> None:
    job = str(found["work_order_id"])
    if found["is_small"]:
        looks.note_hourly(office, actor, LOOK, job)
    else:
        looks.note(office, actor, LOOK, job, {"photo": found["id"]})
