"""What the first page of a new phone says of what was typed into it."""

from urllib.parse import urlsplit

from msgspec import Struct

from mobile.enrolment import Unfit, read
from mobile.texts import Words
from shared.errors import Refused
from sync.enrolment import Invitation, read_invitation

TRY_AGAIN = frozenset({"unreachable", "busy", "too_many_tries", "answer_too_large", "disk_full"})


class EnrolView(Struct, frozen=True, kw_only=True):
    """What may be said of a text: what is wrong with it, or where it leads.

    `asks_server` tells that the text does not name a server, so that one has to be typed.
    """

    asks_server: bool
    ready: bool
    hint: str
    fault: str


def enrol(text: str, server: str, words: Words) -> EnrolView:
    """What is known of a text before anybody is asked."""
    if not text.strip():
        return EnrolView(asks_server=False, ready=False, hint=words("enrol", "say"), fault="")
    found = invitation(text, server)
    asks = read_invitation(text.strip()) is None
    if isinstance(found, Unfit):
        fault = "" if asks and not server.strip() else words("enrol", found.code)
        return EnrolView(asks_server=asks, ready=False, hint="", fault=fault)
    name = urlsplit(found.server).netloc
    return EnrolView(
        asks_server=asks, ready=True, hint=words("enrol", "ready", server=name), fault=""
    )


def invitation(text: str, server: str) -> Invitation | Unfit:
    """The invitation in a text, or what is wrong with it. A whole text names its own server."""
    own = read_invitation(text.strip()) is not None
    try:
        return read(text, server=None if own else with_scheme(server) or None)
    except Unfit as unfit:
        return unfit


def with_scheme(server: str) -> str:
    """A server's address as people type it, completed."""
    address = server.strip().rstrip("/")
    return address if not address or "://" in address else f"https://{address}"


def refusal(refused: Refused, words: Words) -> str:
    """Why this phone could not be connected, and what to do."""
    own = words.has("enrol", refused.code)
    told = words("enrol", refused.code) if own else words.explain(refused)
    if refused.code in TRY_AGAIN:
        return f"{told}\n{words('enrol', 'again')}"
    return told
