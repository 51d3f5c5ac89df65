"""The server's part of the command: what its subcommands take, and those that keep its books safe.

A run gets the settings and its options; it returns what is printed as JSON, or a refusal.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.policy import PRESETS

if TYPE_CHECKING:
    from server.settings import Settings

Run = Callable[[Namespace], Any]


def backup(options: Namespace) -> Any:
    """Back up the books and the photos beside a running server, and try the backup out."""
    from server import backup, settings

    asked = backup.Asked(
        out=options.out,
        files=options.files,
        passphrase=options.passphrase,
        public_key=options.public_key,
    )
    return backup.backup(settings.of_flags(vars(options)), asked)


def restore(options: Namespace) -> Any:
    """Put a backup into an empty place, or only check it."""
    from server import restore

    asked = restore.Asked(
        source=options.source,
        files=options.files,
        passphrase=options.passphrase,
        private_key=options.private_key,
        only_check=options.check,
    )
    return restore.restore(_place(options), asked)


def rescue(options: Namespace) -> Any:
    """Take in what a phone packed into a rescue file, or only say what that would come to."""
    from server import administration, settings

    with administration.opened(settings.of_flags(vars(options))) as office:
        return administration.rescued(office, options.file, only_check=options.check)


def judge_again(options: Namespace) -> Any:
    """Judge again what an older release could not judge, and say what came of it."""
    from server import administration, settings

    with administration.opened(settings.of_flags(vars(options))) as office:
        return administration.judged_again(office)


def mail(options: Namespace) -> Any:
    """Take in the messages of a file, a folder, a Maildir or an mbox: each once, by Message-ID."""
    from server import administration, mail, settings

    with administration.opened(settings.of_flags(vars(options))) as office:
        return mail.take_in_all(office, options.place)


def intake_key(options: Namespace) -> Any:
    """Make a key by which another system may bring what customers ask for, and nothing else."""
    from server import administration, settings

    with administration.opened(settings.of_flags(vars(options))) as office:
        return administration.intake_key(office)


def phone(options: Namespace) -> Any:
    """List the phones that wait to be let in, let one in, or turn one away."""
    from server import administration, settings

    with administration.opened(settings.of_flags(vars(options))) as office:
        return administration.phone(office, options.what, options.device, options.digits)


def _place(options: Namespace) -> "Settings":
    """The settings of a place where there is nothing yet. Raises `Unfit`."""
    from server import settings

    flags = {name: getattr(options, flag, None) for name, flag in settings.FLAGS.items()}
    if flags["data"] is None and not options.check:
        raise settings.Unfit("give --data, an empty or a new folder")
    return settings.load({**flags, "data": flags["data"] or options.source.absolute().parent})


def init_flags(parser: ArgumentParser) -> None:
    """What `init` takes."""
    parser.add_argument("--database", metavar="URL", help="an empty database of PostgreSQL")
    parser.add_argument("--demo", action="store_true", help="with the demo company")
    parser.add_argument("--policy", choices=PRESETS, help="the service policy in force from today")


def serve_flags(parser: ArgumentParser) -> None:
    """What `serve` takes."""
    parser.add_argument("--evidence", metavar="URL")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--url", help="where phones reach the server")
    for flag in ("--tls-cert", "--tls-key"):
        parser.add_argument(flag, type=Path)
    parser.add_argument("--insecure", action="store_const", const=True)
    parser.add_argument("--workers", type=int)


def person_flags(parser: ArgumentParser) -> None:
    """What `person` takes."""
    parser.add_argument("what", choices=["add", "list", "password", "disable"])
    parser.add_argument("--login", default="")
    parser.add_argument("--name")
    parser.add_argument("--code")
    for flag in ("--role", "--skill", "--zone"):
        parser.add_argument(flag, action="append")


def code_flags(parser: ArgumentParser) -> None:
    """What `enrol-code` takes."""
    parser.add_argument("--person", required=True, metavar="LOGIN")
    parser.add_argument("--url", help="where phones reach the server")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)


def _backup_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    parser.add_argument("--public-key", type=Path, metavar="FILE", help="X25519, PEM")
    _closing_flags(parser)


def _restore_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE")
    parser.add_argument("--private-key", type=Path, metavar="FILE", help="X25519, PEM")
    parser.add_argument("--check", action="store_true", help="read all of it and change nothing")
    _closing_flags(parser)


def _closing_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--evidence", metavar="URL")
    parser.add_argument("--files", type=Path, metavar="DIR", help="else `evidence` beside FILE")
    parser.add_argument("--passphrase", type=Path, metavar="FILE", help="a file that has it")


def _rescue_flags(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the rescue file")
    parser.add_argument("--check", action="store_true", help="decide all of it and keep nothing")
    parser.add_argument("--evidence", metavar="URL")


def _phone_flags(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=["list", "confirm", "deny"])
    parser.add_argument("--device", default="", metavar="ID")
    parser.add_argument("--digits", default="", help="as the phone shows them; refused if others")


def _mail_flags(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=["import"])
    parser.add_argument("place", type=Path, metavar="FILE|MAILDIR|MBOX")


def _no_flags(_parser: ArgumentParser) -> None:
    """What has no flags of its own."""


RUNS: Final[dict[str, Run]] = {
    "backup": backup,
    "intake-key": intake_key,
    "judge-again": judge_again,
    "mail": mail,
    "phone": phone,
    "rescue": rescue,
    "restore": restore,
}
FLAGS: Final[dict[str, Callable[[ArgumentParser], None]]] = {
    "backup": _backup_flags,
    "intake-key": _no_flags,
    "judge-again": _no_flags,
    "mail": _mail_flags,
    "phone": _phone_flags,
    "rescue": _rescue_flags,
    "restore": _restore_flags,
}
