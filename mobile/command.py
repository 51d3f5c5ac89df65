"""The phone's part of the command: what its subcommands take, and those that make proof of a visit.

A run gets the opened phone and its options; it returns what is printed as JSON, or a refusal.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mobile.service import Phone

Run = Callable[["Phone", Namespace], Any]


def sign(phone: "Phone", options: Namespace) -> Any:
    """Have a visit signed for: with strokes from a file, or with the reason why nobody signs."""
    from mobile import service, signing
    from mobile.journal import Said
    from shared.document import code_of
    from shared.errors import Refused

    now = phone.clock.now().wall
    document = _shown(phone, options, now)
    ink = _ink(options.strokes)
    if isinstance(document, Refused) or isinstance(ink, Refused):
        return document if isinstance(document, Refused) else ink
    given = signing.Given(
        signer=options.name,
        signer_role=options.role,
        relation=options.relation,
        rating=options.rating,
        refusal=options.refuse,
        ink=ink,
    )
    taken = signing.Taken(
        technician=phone.owner.person,
        signed_at=now,
        app=service.app_name(),
        subject=options.subject,
    )
    args = signing.args_of(document, given, taken)
    if isinstance(args, Refused):
        return args
    job = document.jobs[0]
    visit = job.visit.id if job.visit is not None else None
    said = Said(kind="sign_off.take", on=("work_order", job.id), args=args, visit=visit)
    done = service.record(phone, said)
    if isinstance(done, Refused):
        return done
    told = {name: args[name] for name in ("shown_hash", "seal")}
    flags = [flag.code for flag in done.flags]
    return {"id": done.op_id, "code": code_of(args["shown_hash"]), **told, "flags": flags}


def _shown(phone: "Phone", options: Namespace, now: int) -> Any:
    """The document that the customer reads, or why there is none; a visit has to be over for it."""
    from shared.errors import Refused, refuse_value
    from shared.showing import Asked, build

    orders = {one: phone.queries.job_named(one) for one in (options.wo, *options.also)}
    lost = next((number for number, order in orders.items() if order is None), None)
    if lost is not None:
        return refuse_value("unknown_subject", "wo", value=lost)
    found = tuple(one.id for one in orders.values() if one is not None)
    asked = Asked(
        purpose=options.purpose,
        jobs=found,
        person=phone.owner.person,
        language=options.language or options.lang or "en",
        made_at=now,
        subject=options.subject,
    )
    document = build(phone.queries.shown(found), asked)
    if isinstance(document, Refused):
        return document
    under_way = any(one.visit is not None and one.visit.ended_at is None for one in document.jobs)
    if options.purpose == "visit" and under_way:
        return refuse_value("missing_field", "args.outcome")
    return document


def _ink(strokes: Path | None) -> Any:
    """The ink in a file, none where no file is named, or why it cannot be read."""
    from mobile import signing
    from shared.errors import refuse_value

    if strokes is None:
        return None
    try:
        content = strokes.read_bytes()
    except FileNotFoundError:
        return refuse_value("unknown_subject", "strokes", value=str(strokes))
    except OSError as wrong:
        return refuse_value("wrong_value", "strokes", value=str(strokes), reason=str(wrong))
    return signing.read_ink(content)


def _sign_flags(parser: ArgumentParser) -> None:
    from shared.sign_off import PURPOSES, SIGNERS

    parser.add_argument("--wo", required=True, metavar="NUMBER")
    parser.add_argument("--name", default="", help="the signer's name in print")
    parser.add_argument("--role", choices=SIGNERS, default="customer")
    parser.add_argument("--relation", default="", help="how the signer is related")
    parser.add_argument("--rating", type=int, choices=range(1, 6))
    ink = parser.add_mutually_exclusive_group()
    ink.add_argument("--strokes", type=Path, metavar="FILE", help="the ink, as JSON")
    ink.add_argument("--refuse", default="", metavar="REASON", help="why nobody signs")
    parser.add_argument("--language", choices=["en", "zh"], help="what the customer reads")
    parser.add_argument("--also", action="append", default=[], metavar="NUMBER")
    parser.add_argument("--purpose", choices=PURPOSES, default="visit")
    parser.add_argument("--subject", metavar="ID", help="the quote or item that is signed for")


def photo(phone: "Phone", options: Namespace) -> Any:
    """Make a photo of a picture and record it on a job."""
    from mobile import service

    said = {"audience": options.audience, "slot": options.slot, "caption": options.caption}
    return service.photograph(phone, options.wo, options.file, said)


def _photo_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--wo", required=True, metavar="NUMBER")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--slot", default="", help="the picture that the checklist asks for")
    parser.add_argument("--caption", default="")
    parser.add_argument("--audience", choices=["customer", "internal"], default="customer")


def report(phone: "Phone", options: Namespace) -> Any:
    """Print the report of a job into a file."""
    from mobile import papers

    asked = papers.Asked(
        number=options.wo,
        paper=options.paper,
        language=options.language or "",
        now_ms=phone.clock.now().wall,
    )
    return saved(papers.print_out(phone.queries, phone.folder, asked), options.out)


def saved(made: Any, out: Path) -> Any:
    """Write a printed paper into a file, all of it or nothing; tells what it is, or why not."""
    from mobile.device import write_private
    from shared.errors import Refused, refuse_value

    if isinstance(made, Refused):
        return made
    try:
        if out.is_dir() or not out.parent.is_dir():
            return refuse_value("file_not_written", "out", file=str(out))
        write_private(out, made.pdf)
    except OSError:
        return refuse_value("file_not_written", "out", file=str(out))
    told = {"content_hash": made.content_hash, "pages": made.pages, "state": made.state}
    return {"file": str(out), **told}


def _report_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--wo", required=True, metavar="NUMBER")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--language", choices=["en", "zh"], help="of the paper")
    parser.add_argument("--paper", choices=["a4", "80mm"], default="a4", help="its size")


def export(options: Namespace) -> Any:
    """Write all that the office does not safely have into one sealed file, without a network."""
    from mobile import rescue, service
    from mobile.device import Clock

    return rescue.pack(options.data, options.out, service.app_name(), Clock().now().wall)


def carry(options: Namespace) -> Any:
    """Hand in the rescue file of another phone; this one cannot read what is in it."""
    from mobile import rescue
    from mobile.device import installation

    owner = installation(options.data)
    return None if owner is None else rescue.carry(options.data, options.file, owner)


def _carry_flags(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the rescue file")


def _export_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the rescue file")


def _enrol_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--server", metavar="URL")
    parser.add_argument("--code", required=True, help="the enrolment text, or the code in it")
    parser.add_argument("--name", default="command", help="what to call this device")
    parser.add_argument("--insecure", action="store_true")


def _sync_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--ops-only", action="store_true")
    parser.add_argument("--no-media", action="store_true", help="leave the photos for later")


def _act_flags(parser: ArgumentParser) -> None:
    parser.add_argument("kind")
    parser.add_argument("--json", required=True, help="the arguments, or - for standard input")
    parser.add_argument("--wo", metavar="NUMBER")


def _show_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--wo", required=True, metavar="NUMBER")


# Name of a subcommand -> what it does with a phone, or with its folder, and what adds its flags.
RUNS: Final[dict[str, Run]] = {"photo": photo, "report": report, "sign": sign}
ALONE: Final[dict[str, Callable[[Namespace], Any]]] = {"carry": carry, "export": export}
FLAGS: Final[dict[str, Callable[[ArgumentParser], None]]] = {
    "carry": _carry_flags,
    "do": _act_flags,
    "enrol": _enrol_flags,
    "export": _export_flags,
    "photo": _photo_flags,
    "show": _show_flags,
    "sync": _sync_flags,
    "report": _report_flags,
    "sign": _sign_flags,
}
