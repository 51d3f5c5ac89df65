"""Taking a signature: the words of a sign-off from what was shown, who signs, and their ink."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.amounts import LINE_CHARS_MAX
from shared.document import Document, hash_of, write
from shared.errors import Refused, refuse_value
from shared.ink import Ink, is_signature, malformed
from shared.seal import seal_of
from shared.sign_off import TakeArgs

INK_BYTES_MAX: Final = 200_000  # of a file of strokes: more than a hand can write on a pad


class Given(Struct, frozen=True, kw_only=True):
    """Who signs, as whom, and with which ink; or why they do not. `rating` is 1 to 5, or None."""

    signer: str = ""
    signer_role: str = "customer"
    relation: str = ""
    rating: int | None = None
    refusal: str = ""
    ink: Ink | None = None
    technician_ink: Ink | None = None


class Taken(Struct, frozen=True, kw_only=True):
    """By whom a signature is taken (a person's id), when (ms, by the phone's clock), and with what.

    `subject` is the quote or the taken item that is signed for.
    """

    technician: str
    signed_at: int
    app: str
    subject: str | None = None


def unfit(given: Given) -> Refused | None:
    """Why this is no signature, and no refusal of one, or None."""
    wrong = malformed(given.ink, "args.ink") or malformed(given.technician_ink, "args.ink")
    if wrong is not None:
        return wrong
    for name in ("signer", "relation", "refusal"):
        if len(getattr(given, name)) > LINE_CHARS_MAX:
            return refuse_value("out_of_range", f"args.{name}", reason=f"> {LINE_CHARS_MAX}")
    if given.refusal.strip():
        return None
    if not given.signer.strip():
        return refuse_value("missing_field", "args.signer")
    if not is_signature(given.ink):
        return refuse_value("no_ink", "args.ink")
    return None


def args_of(document: Document, given: Given, taken: Taken) -> dict[str, Any] | Refused:
    """The arguments of `sign_off.take`: the whole document, its hash, the ink and the seal.

    A refusal where this is no signature, or more than fits.
    """
    refused = unfit(given)
    if refused is not None:
        return refused
    text = write(document)
    fields = msgspec.to_builtins(given)
    if given.refusal:
        fields |= {"ink": None, "rating": None}  # whoever refuses gives neither
    said: dict[str, Any] = {
        **{name: value for name, value in fields.items() if value not in (None, "")},
        "purpose": document.purpose,
        "document": text,
        "shown_hash": hash_of(text),
        "seal": "0" * 64,
        "signed_at": taken.signed_at,
        "app": taken.app,
        "also": [job.id for job in document.jobs[1:]],
    }
    if taken.subject is not None:
        said["subject"] = taken.subject
    try:
        args = msgspec.convert(said, TakeArgs)
    except msgspec.ValidationError as wrong:
        return refuse_value("wrong_value", "args.document", reason=str(wrong))
    return {**said, "seal": seal_of(args, taken.technician)}


def read_ink(content: bytes) -> Ink | Refused:
    """The ink in a file of strokes: JSON as `shared.ink.Ink` has it."""
    if len(content) > INK_BYTES_MAX:
        return refuse_value("too_large", "strokes", limit=INK_BYTES_MAX)
    try:
        ink = msgspec.json.decode(content, type=Ink)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        return refuse_value("wrong_value", "strokes", reason=str(wrong))
    return malformed(ink, "strokes") or ink
