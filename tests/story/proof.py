"""The proof of the visit: pictures, what it costs, the customer's signature, and the report."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import pypdfium2
import zxingcpp
from msgspec import Struct

from shared.amounts import THOUSAND
from tests.e2e.processes import fieldfare
from tests.story.pictures import photograph
from tests.story.reconciliation import Both, Check
from tests.story.technician import Technician

SIGNERS: Final = {"en": "Chen Hui", "zh": "陈慧"}
LANGUAGES: Final = {"en": "English", "zh": "中文"}
PICTURES: Final = 3
STARS: Final = 5
DPI: Final = 200
POINTS_AN_INCH: Final = 72

Wait = Callable[[Callable[[], Any], str], None]


class Paper(Struct, frozen=True, kw_only=True):
    """A report as one end made it: the hash of its content, and what its code holds."""

    content: str
    code: str


def photographed(phone: Technician, order: str, wait: Wait) -> None:
    """Three pictures, taken one by one; a picture of the gallery has its camera's notes in it."""
    phone("go", "photos", {"id": order})
    for number in range(1, PICTURES + 1):
        photograph(phone.folder / "camera" / f"{number}.jpg", number)
        phone.tap("photos", "camera")
        wait(partial(_is_photo, phone, order, number), "no photo comes of it")


def _is_photo(phone: Technician, order: str, count: int) -> bool:
    """Whether so many pictures are photos, and none waits."""
    return bool(phone("photos", order) == [count, 0])


def billed(phone: Technician, order: str) -> None:
    """Who pays is accepted as proposed, and what belongs on the bill is put there."""
    phone("go", "bill", {"id": order})
    phone("tap", "accept")
    phone("until", phone.word("bill", "accepted"))
    if phone("sees_zone", "add_all"):
        phone("tap", "add_all")
    phone("draw")


def signed(phone: Technician, order: str, shot: Callable[[str], None]) -> None:
    """The phone is handed over, the customer reads, signs and gives it back."""
    phone("go", "sign_off", {"id": order, "purpose": "visit"})
    phone("tap", LANGUAGES[phone.language])
    phone.tap("sign_off", "hand_over")
    shot("shown")
    phone.tap("sign_off", "go_on")
    phone("type", phone.word("sign_fields", "signer"), SIGNERS[phone.language])
    phone("choose", phone.word("signer_roles", "customer"), "Answer")
    phone("choose", phone.word("declaration", "visit_1"), "TickBox")
    phone("choose", phone.word("sign_off", "star", count=STARS), "")
    shot("signer")
    phone.tap("sign_off", "to_ink")
    phone("scrawl")
    shot("ink")
    phone("press_first", [phone.word("sign_off", one, total="").strip() for one in ENDS])
    phone("scrawl")
    phone.tap("sign_off", "save")
    phone("until", phone.word("sign_off", "thanks"))
    shot("thanks")
    phone.tap("sign_off", "unlock")
    phone("hold")


ENDS: Final = ("signed_total", "signed")


def reported(phone: Technician, order: str, number: str, folder: Path) -> Paper:
    """The report as the phone makes it, without a network."""
    phone("go", "report", {"id": order})
    out = folder / f"report-phone-{phone.language}.pdf"
    words = ("--wo", number, "--out", out, "--language", phone.language)
    ran = fieldfare("device", "report", "--data", phone.folder, *words)
    assert ran.code == 0, ran
    return Paper(content=ran.told["content_hash"], code=code_in(out))


def reported_again(server: Path, number: str, language: str, folder: Path) -> Paper:
    """The same report, made from the server's books."""
    out = folder / f"report-office-{language}.pdf"
    words = ("--wo", number, "--out", out, "--language", language)
    ran = fieldfare("report", "--data", server, *words)
    assert ran.code == 0, ran
    return Paper(content=ran.told["content_hash"], code=code_in(out))


def code_in(pdf: Path) -> str:
    """What the printed code of a report says to whoever points a camera at it."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        for page in document:
            picture = page.render(scale=DPI / POINTS_AN_INCH).to_pil()
            found = zxingcpp.read_barcodes(picture)
            if found:
                return str(found[0].text)
    raise AssertionError(f"no code on {pdf}")


def altered(query: str) -> str:
    """The same with another last digit of the seal, as on a paper that somebody has changed."""
    told = dict(parse_qsl(query))
    last = told["seal"][-1]
    return urlencode({**told, "seal": told["seal"][:-1] + ("0" if last != "0" else "1")})


def checks(both: Both, order: str, papers: tuple[Paper, Paper], server: Path) -> list[Check]:
    """What must hold of the proof."""
    return [
        _photos(both, order, server),
        _money(both, order),
        _seal(both, order),
        ("check_report", papers[0] == papers[1], papers[0].content[:12]),
        _forged(server),
    ]


def _photos(both: Both, order: str, server: Path) -> Check:
    """Every photo of the job has arrived, on both ends, and its bytes are those of its name."""
    found = both.at_server(
        """SELECT photo.id, sha256, arrived_at FROM photo
        JOIN work_order ON work_order.id = photo.work_order_id WHERE number = ?""",
        order,
    )
    kept = {path.name.partition(".")[0] for path in (server / "evidence").rglob("*")}
    safe = [one for one, sha256, at in found if at and sha256 in kept]
    told = [one for one, *_ in found if both.shown("photo", one).get("arrived_at")]
    good = len(found) == PICTURES and safe == told == [one for one, *_ in found]
    return ("check_photos", good, f"{len(safe)} / {len(found)}")


def _money(both: Both, order: str) -> Check:
    """The lines are the same on both ends, and the total that was signed is theirs."""
    lines = both.at_server(
        """SELECT charge.id, net, price, charge.amount, covered FROM charge
        JOIN work_order ON work_order.id = charge.work_order_id
        WHERE number = ? AND dropped_at IS NULL""",
        order,
    )
    same = all(both.shown("charge", one).get("net", 0) == net for one, net, *_ in lines)
    right = all(net == round(price * amount / THOUSAND) for _, net, price, amount, _ in lines)
    due = sum(net for _, net, _, _, covered in lines if not covered)
    total = both.at_server(
        """SELECT sign_off.total FROM sign_off
        JOIN work_order ON work_order.id = sign_off.work_order_id WHERE number = ?""",
        order,
    )
    good = bool(lines) and same and right and [due] == [one for (one,) in total]
    return ("check_money", good, f"{due / 100:.2f}")


def _seal(both: Both, order: str) -> Check:
    found = both.at_server(
        """SELECT sign_off.id, state, code, signer FROM sign_off
        JOIN work_order ON work_order.id = sign_off.work_order_id WHERE number = ?""",
        order,
    )
    if len(found) != 1:
        return ("check_seal", False, str(len(found)))
    identity, state, code, signer = found[0]
    told = both.shown("sign_off", identity)
    good = state == told.get("state") == "sealed" and told.get("code") == code
    return ("check_seal", good, f"{code} {signer}")


def _forged(server: Path) -> Check:
    """In a copy of the books one line of a bill is made dearer: the log gives it away."""
    copy = server.parent / "forged"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(server, copy, ignore=shutil.ignore_patterns("evidence", "*.db*"))
    books = copy / "fieldfare.db"
    with (
        closing(sqlite3.connect(server / "fieldfare.db")) as source,
        closing(sqlite3.connect(books)) as target,
    ):
        source.backup(target)
        target.execute("UPDATE charge SET net = net + 100 WHERE id = (SELECT min(id) FROM charge)")
        target.commit()
    ran = fieldfare("audit", "verify", "--data", copy)
    fault: dict[str, Any] = ran.told.get("fault") or {}
    good = ran.code == 1 and fault.get("table") == "charge"
    return ("check_forged", good, str(fault.get("what")))
