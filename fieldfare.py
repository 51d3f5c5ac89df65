"""The command: everything Fieldfare does, one subcommand each, in JSON; `app` opens a window.

Exit codes: 0 done; 1 the log or a backup does not hold (`audit verify`, `backup`, `restore`);
2 wrong usage; 3 refused by a rule (nothing recorded; code and reason are printed); 4 the server
cannot be reached (everything is kept); 5 delivered, but a person is needed.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

DONE, BROKEN, USAGE, REFUSED, UNREACHABLE, PERSON_NEEDED = 0, 1, 2, 3, 4, 5
NEEDS_PERSON = ("held", "quarantined", "conflict", "rejected")

LISTS: dict[str, Callable[[Any, Any], Any]] = {
    "list": lambda phone, _: phone.queries.jobs(),
    "outbox": lambda phone, words: phone.queries.outbox(words),
    "receipts": lambda phone, _: phone.queries.receipts(),
    "status": lambda phone, _: [phone.condition()],
}

Answer = tuple[int, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit code."""
    options = _parser().parse_args(argv)
    code, told = options.run(options)
    try:
        if told is not None:
            json.dump(told, sys.stdout, ensure_ascii=False, indent=2)
            sys.stdout.write("\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads had enough; the interpreter must not write more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(code)


def init(options: argparse.Namespace) -> Answer:
    """Make a new data folder."""
    from server import administration, app

    day = str(options.day or administration.today(app.real_clock())) if options.demo else None
    said = {"language": options.lang, "books": options.database or "", "policy": options.policy}
    return _told(options, administration.init(options.data, demo=day, **said))


def serve(options: argparse.Namespace) -> Answer:
    """Serve until stopped."""
    from server import serving

    serving.serve(
        _settings(options),
        ready=lambda url: print(json.dumps({"serving": url, "pid": os.getpid()}), flush=True),
    )
    return (DONE, None)


def person(options: argparse.Namespace) -> Answer:
    """Add, list, disable people; give a new password."""
    from server import administration

    with administration.opened(_settings(options)) as office:
        return _told(options, administration.person(office, options.what, _row(options)))


def enrol_code(options: argparse.Namespace) -> Answer:
    """Issue a one-time enrolment code."""
    from server import administration

    with administration.opened(_settings(options)) as office:
        return _told(options, administration.enrol_code(office, options.person))


def report(options: argparse.Namespace) -> Answer:
    """Print the report of a job into a file."""
    from mobile import command
    from server import administration

    with administration.opened(_settings(options)) as office:
        made = administration.report(office, options)
    return _told(options, command.saved(made, options.out))


def audit(options: argparse.Namespace) -> Answer:
    """Verify or export the audit log."""
    import msgspec

    from server import administration

    chosen = _settings(options)
    if options.what == "export":
        return (DONE, administration.exported(chosen))
    report = administration.audit(chosen)
    return (BROKEN if report.fault else DONE, msgspec.to_builtins(report))


def books_kept(run: Callable[[Any], Any], options: argparse.Namespace) -> Answer:
    """Back the books up, or bring them back."""
    told = run(options)
    code, shown = _told(options, told)
    return (BROKEN if getattr(told, "fault", None) else code, shown)


def device_enrol(options: argparse.Namespace) -> Answer:
    """Make a folder somebody's installation."""
    from mobile import enrolment, service

    def go() -> Answer:
        try:
            invitation = enrolment.read(
                options.code, server=options.server, insecure=options.insecure
            )
        except enrolment.Unfit as unfit:
            return (USAGE, {"code": "wrong_value", "reason": str(unfit)})
        known = service.enrol(options.data, invitation, options.name)
        told = {"device": known.device, "person": known.login, "name": known.name}
        return (DONE, {**told, "server": known.server, "digits": known.digits})

    return _to_the_end(options, go, UNREACHABLE)


def device_kinds(_options: argparse.Namespace) -> Answer:
    """Describe every kind of act, as JSON Schema."""
    from shared import kinds

    return (DONE, kinds.schema())


def device_sync(options: argparse.Namespace) -> Answer:
    """Push and pull, then bring the photos."""
    import msgspec

    from mobile import service

    def go(phone: Any) -> Answer:
        report = service.exchange(phone, ops_only=options.ops_only, files=not options.no_media)
        told = msgspec.to_builtins(report)
        if report.timed_out:
            return (UNREACHABLE, told)
        trouble = any(report.verdicts.get(one) for one in NEEDS_PERSON) or report.files_set_aside
        return (PERSON_NEEDED if trouble else DONE, told)

    return _to_the_end(options, lambda: _with_phone(options, go), UNREACHABLE)


def device_do(options: argparse.Namespace) -> Answer:
    """Record one act."""
    try:
        text = sys.stdin.read() if options.json == "-" else options.json
        args = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as wrong:
        return _misused(options, "not_json", "not_arguments", detail=str(wrong))
    if not isinstance(args, dict):
        words = "no_arguments" if args is None else "not_arguments"
        return _misused(options, "not_json", words, detail="")

    def go(phone: Any) -> Answer:
        from mobile import service
        from shared.errors import Refused

        done = service.act(phone, options.kind, options.wo, args)
        if isinstance(done, Refused):
            return _told(options, done)
        told = {"id": done.op_id, "lseq": done.lseq, "kind": done.kind}
        return (DONE, {**told, "flags": [flag.code for flag in done.flags]})

    return _on_the_phone(options, go)


def device_items(look: Callable[[Any, Any], Any], options: argparse.Namespace) -> Answer:
    """Show one of the phone's lists."""
    words = _catalogue(options)
    return _shown(options, lambda phone: {"items": look(phone, words)})


def device_show(options: argparse.Namespace) -> Answer:
    """Show one job with everything the phone knows of it."""
    from shared.errors import refuse_value

    nothing = refuse_value("unknown_subject", "wo", value=options.wo)
    return _shown(options, lambda phone: phone.queries.sheet(options.wo) or nothing)


def device_proof(run: Callable[[Any, Any], Any], options: argparse.Namespace) -> Answer:
    """Do what makes proof of a visit."""
    return _shown(options, lambda phone: run(phone, options))


def device_alone(run: Callable[[Any], Any], options: argparse.Namespace) -> Answer:
    """Do what needs no whole database, or no phone at all."""

    def go() -> Answer:
        done = run(options)
        if done is None:
            return _misused(options, "not_enrolled", "not_enrolled")
        code, told = _told(options, done)
        return (PERSON_NEEDED if told.get("torn") else code, told)

    return _to_the_end(options, go, UNREACHABLE)


def app(options: argparse.Namespace) -> Answer:
    """Open the technician's app on a folder."""
    from mobile import main as window

    try:
        window.run(options.data, options.lang)
    except window.NoWindow as ended:
        return _misused(options, ended.code, ended.code, folder=str(options.data))
    return (DONE, None)


def _placed(run: Callable[[Any], Answer], options: argparse.Namespace) -> Answer:
    """A command over a server's folder; what is unfit about its settings is wrong usage."""
    from server import database, keys, settings

    try:
        return run(options)
    except (settings.Unfit, keys.Exposed, database.Unreachable) as unfit:
        parser: argparse.ArgumentParser = options.parser
        parser.error(str(unfit))


def _settings(options: argparse.Namespace) -> Any:
    from server import settings

    return settings.of_flags(vars(options))


def _row(options: argparse.Namespace) -> dict[str, Any]:
    given = {"name": options.name or options.login, "code": options.code}
    lists = {"roles": options.role, "skills": options.skill, "zones": options.zone}
    said = {name: value for name, value in {**given, **lists}.items() if value}
    return {"login": options.login, **said}


def _told(options: argparse.Namespace, told: Any) -> Answer:
    """An answer, or a refusal in words."""
    import msgspec

    from shared import texts
    from shared.errors import Refused

    if isinstance(told, Refused):
        reason = texts.explain(_catalogue(options), told)
        known = {"code": told.code, "field": told.field, "params": dict(told.params)}
        return (REFUSED, {**known, "reason": reason})
    return (DONE, msgspec.to_builtins(told))


def _catalogue(options: argparse.Namespace) -> Any:
    from mobile import texts

    return texts.catalogue(_language_of(options))


def _language_of(options: argparse.Namespace) -> Any:
    """The language asked for, or that of the environment."""
    from shared import texts

    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return options.lang or texts.choose_language(named.partition(".")[0].replace("_", "-"))


def _with_phone(options: argparse.Namespace, go: Callable[[Any], Answer]) -> Answer:
    from mobile import service

    with service.opened(options.data) as phone:
        if phone is None:
            return _misused(options, "not_enrolled", "not_enrolled")
        return go(phone)


def _misused(options: argparse.Namespace, code: str, words: str, **params: Any) -> Answer:
    from shared import texts

    reason = texts.say(_catalogue(options), "command", words, params).strip()
    return (USAGE, {"code": code, "reason": reason})


def _shown(options: argparse.Namespace, look: Callable[[Any], Any]) -> Answer:
    return _on_the_phone(options, lambda phone: _told(options, look(phone)))


def _on_the_phone(options: argparse.Namespace, go: Callable[[Any], Answer]) -> Answer:
    """What needs no server, but may find the disk full or the folder unfit."""
    return _to_the_end(options, lambda: _with_phone(options, go), REFUSED)


def _to_the_end(options: argparse.Namespace, go: Callable[[], Answer], passing: int) -> Answer:
    """What the phone's folder or a conversation may end with; `passing` is for what passes."""
    from mobile import service

    try:
        return go()
    except service.TROUBLES as ended:
        trouble = service.trouble(ended)
        return (passing if trouble.grounds == "state" else REFUSED, _told(options, trouble)[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fieldfare", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _server_commands(commands)
    device = commands.add_parser("device", help="what a phone does, by command")
    _device_commands(device.add_subparsers(required=True, metavar="COMMAND"))
    window = _command(commands, "app", app)
    window.add_argument("--data", type=_path, required=True, metavar="DIR")
    _language(window)
    return parser


def _server_commands(commands: Any) -> None:
    from mobile import command
    from server import command as safekeeping

    new = _command(commands, "init", init)
    new.set_defaults(run=partial(_placed, init))
    new.add_argument("--data", type=_path, required=True)
    safekeeping.init_flags(new)
    new.add_argument("--day", type=date.fromisoformat, help="the demo company's today, 2026-11-21")
    _language(new, default="en")
    _place(run := _command(commands, "serve", serve))
    safekeeping.serve_flags(run)
    people = _command(commands, "person", person)
    _place(people)
    safekeeping.person_flags(people)
    code = _command(commands, "enrol-code", enrol_code)
    _place(code)
    safekeeping.code_flags(code)
    paper = _command(commands, "report", report)
    _place(paper)
    command.FLAGS["report"](paper)
    log = _command(commands, "audit", audit)
    log.add_argument("what", choices=["verify", "export"])
    _place(log)
    for name, kept in safekeeping.RUNS.items():
        _place(one := _command(commands, name, partial(books_kept, kept), kept.__doc__))
        safekeeping.FLAGS[name](one)


def _device_commands(commands: Any) -> None:
    from mobile import command

    _command(commands, "kinds", device_kinds)
    runs: dict[str, Callable[[argparse.Namespace], Answer]] = {
        "enrol": device_enrol,
        "sync": device_sync,
        "do": device_do,
        "show": device_show,
        **{name: partial(device_items, look) for name, look in LISTS.items()},
        **{name: partial(device_proof, run) for name, run in command.RUNS.items()},
        **{name: partial(device_alone, run) for name, run in command.ALONE.items()},
    }
    for name, run in runs.items():
        known = command.RUNS.get(name) or command.ALONE.get(name)
        one = _command(commands, name, run, known.__doc__ if known else None)
        if name in command.FLAGS:
            command.FLAGS[name](one)
        one.add_argument("--data", type=_path, required=True, metavar="DIR")
        _language(one)


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], Answer], told: str | None = None
) -> argparse.ArgumentParser:
    help_text = (told or getattr(run, "func", run).__doc__ or "").replace("%", "%%")
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_text)
    parser.set_defaults(run=run, parser=parser)
    return parser


def _place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=_path, metavar="DIR")
    parser.add_argument("--database", metavar="URL")
    parser.add_argument("--keys", type=_path, metavar="DIR")
    parser.set_defaults(run=partial(_placed, parser.get_default("run")))
    _language(parser)


def _path(text: str) -> Path:
    if text == "":  # an unset variable; as a path it would be the folder one happens to be in
        raise argparse.ArgumentTypeError("a folder is expected")
    return Path(text)


def _language(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    parser.add_argument("--lang", choices=["en", "zh"], default=default)


if __name__ == "__main__":
    sys.exit(main())
