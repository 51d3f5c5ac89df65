"""Mail: a message, a mailbox or a folder of messages read as what came in, each once.

Nothing of a message is carried out or shown as it came: only its words are kept, and what its
attachments are called. It is the same message by its Message-ID, else by its bytes; what says
something else under an id that is known already is another message.
"""

import codecs
import email
import hashlib
import html
import mailbox
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, cast

from msgspec import Struct

from server.incoming import identity_of, keep, one_line, paragraphs
from server.office import Office
from server.queries import desk
from shared.amounts import LINE_CHARS_MAX, has_control_characters
from shared.enquiry import FILES_MAX

MESSAGE_BYTES_MAX: Final = 25_000_000
HEADER_CHARS_MAX: Final = 2_000
HTML_CHARS_MAX: Final = 400_000
MS: Final = 1000
# What the library raises for a message that it stumbles over itself.
STUMBLES: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
NAMES_OF_HOSTS: Final = frozenset({"punycode", "idna"})
TELLING: Final = ("contact", "subject", "text")  # what two messages of one id differ by
_BREAKS: Final = re.compile(r"(?i)<\s*(br|/p|/div|/li|/tr|/h[1-6])[^<>]*>")
_DROPPED: Final = re.compile(r"(?is)<\s*(script|style|head|title)\b.*?(</\s*\1\s*>|$)")
_TAG: Final = re.compile(r"<[^<>]*>")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


class Clipped(policy.EmailPolicy):
    """Reads no more of a header than anybody needs: the library takes a square of its length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Name and value of a header as it stands in a message."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:HEADER_CHARS_MAX]


class Unreadable(Exception):
    """A file that is no message, or too large; `code` is that of a text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Taken(Struct, frozen=True, kw_only=True):
    """What became of the messages of a place: how many are new, known already, or unreadable."""

    new: int = 0
    known: int = 0
    unreadable: int = 0


def read(data: bytes, now_ms: int) -> dict[str, Any]:
    """The arguments of `enquiry.receive` for one message. Raises `Unreadable`."""
    if len(data) > MESSAGE_BYTES_MAX:
        raise Unreadable("mail_too_large")
    try:
        return _read(data, now_ms)
    except STUMBLES:
        raise Unreadable("no_mail") from None


def _read(data: bytes, now_ms: int) -> dict[str, Any]:
    message = cast(EmailMessage, email.message_from_bytes(data, policy=Clipped()))
    if not any(_header(message, name) for name in ("from", "subject", "date")):
        raise Unreadable("no_mail")
    name, address = parseaddr(_header(message, "from"))
    told: dict[str, Any] = {
        "channel": "email",
        "received_at": _received(message, now_ms),
        "reference": reference_of(message, data),
        "sender": one_line(name or address),
        "contact": one_line(address),
        "subject": one_line(_header(message, "subject")),
        "text": paragraphs(_BLANK_LINES.sub("\n\n", words(message))),
        "files": _files(message),
    }
    if not (told["text"] or told["subject"] or told["files"]):
        raise Unreadable("no_mail")
    return {name: value for name, value in told.items() if value or name == "received_at"}


def reference_of(message: EmailMessage, data: bytes) -> str:
    """What tells a message from every other one."""
    found = re.sub(r"\s", "", _header(message, "message-id"))
    if found and len(found) <= LINE_CHARS_MAX and not has_control_characters(found):
        return found
    return f"sha256:{hashlib.sha256(found.encode() or data).hexdigest()}"


def words(message: EmailMessage) -> str:
    """What a message says: its plain text, or else what is left of its page without the markup."""
    for kind in ("plain", "html"):
        try:
            part = message.get_body((kind,))
            said = part.get_content() if part is not None and _is_of_letters(part) else ""
        except STUMBLES:
            said = ""  # an encoding that nobody knows
        if isinstance(said, str) and said.strip():
            return said if kind == "plain" else plain(said)
    return ""


def _is_of_letters(part: Message) -> bool:
    """Whether a part is in a charset, and not in a code for names of hosts, which is slow."""
    return codecs.lookup(part.get_content_charset("ascii")).name not in NAMES_OF_HOSTS


def plain(page: str) -> str:
    """The words of a page."""
    kept = _DROPPED.sub(" ", page[:HTML_CHARS_MAX])
    told = html.unescape(_TAG.sub("", _BREAKS.sub("\n", kept)))
    return "\n".join(line.strip() for line in told.splitlines())


def take_in(office: Office, data: bytes) -> tuple[str, bool]:
    """Keep one message until somebody has looked at it: its id, and whether it is new.

    Raises `Unreadable`.
    """
    args = read(data, office.now_ms())
    identity = identity_of("email", args["reference"])
    if keep(office, identity, args):
        return identity, True
    said = [args.get(name, "") for name in TELLING]
    with office.reading() as books:
        known = desk.enquiry(books, identity)
    if known is None or said == [known[name] or "" for name in TELLING]:
        return identity, False
    # Programs that send every message under one id, and whoever takes the id of another's.
    digest = hashlib.sha256("\n".join(said).encode()).hexdigest()
    identity = identity_of("email", f"{args['reference']} {digest}")
    return identity, keep(office, identity, args)


def messages(place: Path) -> Iterator[bytes]:
    """The messages of a file, of a Maildir, of a folder of files, or of an mbox."""
    if place.is_dir() and (place / "cur").is_dir() and (place / "new").is_dir():
        yield from _in(mailbox.Maildir(place, create=False))
    elif place.is_dir():
        for one in sorted(place.glob("*.eml")):
            yield one.read_bytes()
    elif _is_mbox(place):
        yield from _in(mailbox.mbox(place, create=False))
    else:
        yield place.read_bytes()


def _in(box: "mailbox.Mailbox[Any]") -> Iterator[bytes]:
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def take_in_all(office: Office, place: Path) -> Taken:
    """Keep every message of a place; one that cannot be read stops no other."""
    counts = {"new": 0, "known": 0, "unreadable": 0}
    for data in messages(place):
        try:
            counts["new" if take_in(office, data)[1] else "known"] += 1
        except Unreadable:
            counts["unreadable"] += 1
    return Taken(**counts)


def _is_mbox(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(5) == b"From "


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except STUMBLES:
        return ""


def _received(message: EmailMessage, now_ms: int) -> int:
    """When our own mail server took it in, else when it says it was sent; never later than now."""
    took_in = _header(message, "received").rpartition(";")[2]
    for told in (took_in, _header(message, "date")):
        try:
            moment = parsedate_to_datetime(told.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        ms = round((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * MS)
        return min(max(ms, 0), now_ms)
    return now_ms


def _files(message: EmailMessage) -> list[dict[str, Any]]:
    """What is attached, by name, kind and size; the files themselves stay in the mailbox."""
    found = (_attached(part) for part in message.walk() if not part.is_multipart())
    return [one for one in found if one is not None][:FILES_MAX]


def _attached(part: Message) -> dict[str, Any] | None:
    """A part that is a file; one whose name cannot be read has none."""
    try:
        name = part.get_filename()
        if not (name or part.get_content_disposition() == "attachment"):
            return None
        content = part.get_payload(decode=True)
    except STUMBLES:
        return {"name": "", "type": ""}
    size = len(content) if isinstance(content, bytes) else 0
    told = {"name": one_line(str(name or "")), "type": one_line(part.get_content_type())}
    return {**told, "size": size}
