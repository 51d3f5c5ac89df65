"""The command: everything Fieldfare does, one subcommand each, in JSON; `app` opens a window.

Exit codes: 0 done; 1 `audit verify` found that the log does not hold; 2 wrong usage; 3 refused by a
rule (nothing recorded; code and reason are printed); 4 the server cannot be reached (everything is
kept); 5 delivered, but a person is needed.
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
ASSETS = Path(__file__).resolve().parent / "assets"
NEEDS_PERSON = ("held", "quarantined", "conflict", "rejected")

LISTS: dict[str, Callable[[Any, Any], Any]] = {
    "list": lambda phone, _: phone.queries.jobs(),
    "outbox": lambda phone, words: phone.queries.outbox(words),
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

    day = str(options.day or administration.today(app.real_clock()))
    told = administration.init(
        options.data, demo=day if options.demo else None, language=options.lang
    )
    return _told(options, told)


def serve(options: argparse.Namespace) -> Answer:
    """Serve until stopped."""
    from server import app

    app.serve(
        _settings(options),
        ready=lambda url: print(json.dumps({"serving": url, "pid": os.getpid()}), flush=True),
    )
    return (DONE, None)


def person(options: argparse.Namespace) -> Answer:
    """Add, list, disable people; give a new password."""
    from server import administration
    from shared.errors import Refused

    with administration.opened(_settings(options)) as office:
        if options.what == "list":
            return (DONE, administration.persons(office))
        if options.what == "add":
            return _told(options, administration.add_person(office, _row(options)))
        if options.what == "disable":
            return _told(options, administration.disable_person(office, options.login))
        known = administration.find(office, options.login)
        if isinstance(known, Refused):
            return _told(options, known)
        return (DONE, administration.new_password(office, options.login))


def enrol_code(options: argparse.Namespace) -> Answer:
    """Issue a one-time enrolment code."""
    from server import administration

    with administration.opened(_settings(options)) as office:
        return _told(options, administration.enrol_code(office, options.person))


def audit(options: argparse.Namespace) -> Answer:
    """Verify or export the audit log."""
    import msgspec

    from server import administration

    chosen = _settings(options)
    if options.what == "export":
        return (DONE, administration.exported(chosen))
    report = administration.audit(chosen)
    return (BROKEN if report.fault else DONE, msgspec.to_builtins(report))


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
        return (DONE, {**told, "server": known.server})

    return _to_the_end(options, go, UNREACHABLE)


def device_kinds(_options: argparse.Namespace) -> Answer:
    """Describe every kind of act, as JSON Schema."""
    from shared import kinds

    return (DONE, kinds.schema())


def device_sync(options: argparse.Namespace) -> Answer:
    """Push and pull."""
    import msgspec

    from mobile import service

    def go(phone: Any) -> Answer:
        report = service.talk(phone, ops_only=options.ops_only)
        told = msgspec.to_builtins(report)
        if report.timed_out:
            return (UNREACHABLE, told)
        trouble = any(report.verdicts.get(verdict) for verdict in NEEDS_PERSON)
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

    nothing = refuse_value("unknown_subject", "wo")
    return _shown(options, lambda phone: phone.queries.sheet(options.wo) or nothing)


def app(options: argparse.Namespace) -> Answer:
    """Open the technician's app on a folder."""
    from mobile import main as window

    try:
        window.run(options.data, options.lang)
    except window.NoWindow as ended:
        return _misused(options, ended.code, ended.code, folder=str(options.data))
    return (DONE, None)


def _placed(run: Callable[[Any], Answer], options: argparse.Namespace) -> Answer:
    """A command over a server's folder; what is unfit about the folder is wrong usage."""
    from server import keys, settings

    try:
        return run(options)
    except (settings.Unfit, keys.Exposed) as unfit:
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
    from shared import texts

    files = sorted((ASSETS / "texts" / _language_of(options)).glob("*.toml"))
    return texts.parse(*(path.read_text(encoding="utf-8") for path in files))


def _language_of(options: argparse.Namespace) -> str:
    """The language asked for, or that of the environment."""
    from shared import texts

    named = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    given: str | None = options.lang
    return given or texts.choose_language(named.partition(".")[0].replace("_", "-"))


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
    new = _command(commands, "init", init)
    new.add_argument("--data", type=_path, required=True)
    new.add_argument("--demo", action="store_true", help="with the demo company")
    new.add_argument("--day", type=date.fromisoformat, help="the demo company's today, 2026-11-21")
    _language(new, default="en")
    _serve_command(_command(commands, "serve", serve))
    people = _command(commands, "person", person)
    people.add_argument("what", choices=["add", "list", "password", "disable"])
    _place(people)
    people.add_argument("--login", default="")
    people.add_argument("--name")
    people.add_argument("--code")
    for flag in ("--role", "--skill", "--zone"):
        people.add_argument(flag, action="append")
    code = _command(commands, "enrol-code", enrol_code)
    _place(code)
    code.add_argument("--person", required=True, metavar="LOGIN")
    code.add_argument("--url", help="where phones reach the server")
    code.add_argument("--host")
    code.add_argument("--port", type=int)
    log = _command(commands, "audit", audit)
    log.add_argument("what", choices=["verify", "export"])
    _place(log)


def _serve_command(run: argparse.ArgumentParser) -> None:
    _place(run)
    run.add_argument("--evidence", metavar="URL")
    run.add_argument("--host")
    run.add_argument("--port", type=int)
    run.add_argument("--url", help="where phones reach the server")
    for flag in ("--tls-cert", "--tls-key"):
        run.add_argument(flag, type=Path)
    run.add_argument("--insecure", action="store_const", const=True)
    run.add_argument("--workers", type=int)


def _device_commands(commands: Any) -> None:
    enrol = _command(commands, "enrol", device_enrol)
    enrol.add_argument("--server", metavar="URL")
    enrol.add_argument("--code", required=True, help="the enrolment text, or the code in it")
    enrol.add_argument("--name", default="command", help="what to call this device")
    enrol.add_argument("--insecure", action="store_true")
    _command(commands, "kinds", device_kinds)
    sync = _command(commands, "sync", device_sync)
    sync.add_argument("--ops-only", action="store_true")
    act = _command(commands, "do", device_do)
    act.add_argument("kind")
    act.add_argument("--json", required=True, help="the arguments, or - for standard input")
    act.add_argument("--wo", metavar="NUMBER")
    show = _command(commands, "show", device_show)
    show.add_argument("--wo", required=True, metavar="NUMBER")
    rest = [_command(commands, name, partial(device_items, LISTS[name])) for name in LISTS]
    for one in (enrol, sync, act, show, *rest):
        one.add_argument("--data", type=_path, required=True, metavar="DIR")
        _language(one)


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], Answer]
) -> argparse.ArgumentParser:
    help_text = getattr(run, "func", run).__doc__
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
