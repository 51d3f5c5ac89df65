"""The content of a report: what was shown, who signed it, in which words; and its hash."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final, Literal

from msgspec import Struct

from shared.canonical import digest
from shared.document import Document, code_of, hash_of, lines_of, read, write
from shared.money import DISCOUNT
from shared.papers.wording import Words, chosen, codes_of, resolved
from shared.payments import paid_of
from shared.sign_off import SignedDocument, SignOff
from shared.texts import Catalogue, Language

LAYOUT: Final = 1  # counted up with every change of what stands where
NO_ADDRESS: Final = "fieldfare:verify"
# unsigned: nobody was asked yet. refused: somebody was, and did not sign.
Standing = Literal["sealed", "pending", "diverged", "unsigned", "refused"]


class Content(Struct, frozen=True, kw_only=True):
    """What a report is made of. Where nobody has signed, `document` is made from the rows.

    `pictures` holds the bytes of the photos that are here, by the hash the document names.
    `verify_url` is the organisation's where it is known: a document may name any address.
    """

    document: Document
    text: str
    words: Words
    sign_off: SignOff | None = None
    signed: SignedDocument | None = None
    pictures: Mapping[str, bytes] = {}
    verify_url: str | None = None

    @property
    def shown_hash(self) -> str:
        """The hash of the document."""
        return hash_of(self.text)

    @property
    def code(self) -> str:
        """The code that people compare."""
        return code_of(self.shown_hash)

    @property
    def number(self) -> str:
        """The number of the job it is about; of several the first one's."""
        return self.document.jobs[0].number or "–"

    @property
    def called(self) -> str:
        """The same as the paper says it: one that is not the office's says so."""
        return self.words.called(self.document.jobs[0].number)


class Wanted(Struct, frozen=True, kw_only=True):
    """In which language, of which texts, and in which time zone a paper is to be."""

    language: Language
    catalogue: Catalogue
    zone: tzinfo


def of_signed(
    sign_off: SignOff, signed: SignedDocument, pictures: Mapping[str, bytes], wanted: Wanted
) -> Content:
    """The content of what was signed. Raises what `shared.document.read` raises."""
    document = read(signed.document)
    codes = [*codes_of(document), ("signer_roles", sign_off.signer_role)]
    return Content(
        document=document,
        text=signed.document,
        words=words_of(codes, wanted),
        sign_off=sign_off,
        signed=signed,
        pictures=pictures,
    )


def of_unsigned(document: Document, pictures: Mapping[str, bytes], wanted: Wanted) -> Content:
    """The content of what nobody has signed yet."""
    words = words_of(list(codes_of(document)), wanted)
    return Content(document=document, text=write(document), words=words, pictures=pictures)


def words_of(codes: list[tuple[str, str]], wanted: Wanted) -> Words:
    """The words for some codes, as wanted."""
    return Words(language=wanted.language, zone=wanted.zone, texts=chosen(wanted.catalogue, codes))


def standing(content: Content) -> Standing:
    """How the paper stands with its signature."""
    if content.sign_off is None:
        return "unsigned"
    return "refused" if content.sign_off.refusal else content.sign_off.state


def content_hash(content: Content) -> str:
    """SHA-256 of what is on the paper: the same on a phone and in the office.

    It is over the canonical JSON (RFC 8785) of the document's hash, who signed, the words, their
    language and the layout. Whether the books agree with it by now is not in it.
    """
    sign_off = content.sign_off
    return digest(
        {
            "document": content.shown_hash,
            "language": content.words.language,
            "layout": LAYOUT,
            "sign_off": None if sign_off is None else facts(sign_off),
            "words": resolved(content.words.texts),
        }
    )


def facts(sign_off: SignOff) -> dict[str, Any]:
    """What a paper says of a sign-off, and does not change after it was taken."""
    return {
        "purpose": sign_off.purpose,
        "rating": sign_off.rating,
        "refusal": sign_off.refusal,
        "relation": sign_off.relation,
        "role": sign_off.signer_role,
        "seal": sign_off.seal,
        "signed_at": sign_off.signed_at,
        "signer": sign_off.signer,
    }


def address_of(content: Content) -> str:
    """What the QR code holds: where the paper is verified, its code, and its hashes."""
    known = content.verify_url
    where = (content.document.head.verify_url if known is None else known) or NO_ADDRESS
    seal = content.sign_off.seal if content.sign_off is not None else ""
    query = {"code": content.code, "shown": content.shown_hash}
    query |= {"seal": seal, "content": content_hash(content)}
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{where}{'&' if '?' in where else '?'}{asked}"


def adds_up(document: Document) -> bool:
    """Whether the totals of a document follow from its lines; nothing is computed on paper."""
    total = document.sum
    lines = [one for one in lines_of(document) if not one.covered]
    if total is None:
        return not lines
    gross = sum(one.net for one in lines if one.kind != DISCOUNT)
    off = sum(one.net for one in lines if one.kind == DISCOUNT)
    discount = max(off, -gross)
    net = sum(part.base for part in total.taxes)
    tax = sum(part.tax for part in total.taxes)
    return (
        total.lines == gross
        and total.discount == discount
        and gross + discount == (net + tax if total.tax_inclusive else net)
        and total.total == net + tax
        and total.paid == paid_of(document)
        and total.due == max(total.total - total.paid, 0)
    )
