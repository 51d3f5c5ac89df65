"""Sign-off: what the customer was shown, who signed it, and what the seal says of it today."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from shared.amounts import Id, OptionalLine
from shared.document import MOMENT_MAX
from shared.ink import Ink
from shared.photos import Hash
from shared.records import Record
from shared.registry import Args

DOCUMENT_CHARS_MAX: Final = 90_000
ALSO_MAX: Final = 20  # jobs beside the one that a signature is taken on
PURPOSES: Final = ("visit", "quote", "take_away", "item_return")
Purpose = Literal["visit", "quote", "take_away", "item_return"]
SIGNERS: Final = ("customer", "representative", "family", "neighbour", "tenant", "guard", "other")
Signer = Annotated[str, Meta(pattern=rf"^({'|'.join(SIGNERS)})$(?!\n)")]
Rating = Annotated[int, Meta(ge=1, le=5)]
# sealed: all that was shown is what the books say. pending: some of it has no final verdict yet.
# diverged: something shown is not what the books say; both are kept.
SEALS: Final = ("sealed", "pending", "diverged")
SealState = Literal["sealed", "pending", "diverged"]


class SignOff(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One job signed for, or the signature refused; orders signed together share `group_id`.

    `shown_hash` is that of the document; `code` its first characters as people compare them.
    `subject_id` is the quote or the taken item that was signed for. `total` is in minor units.
    `listed` are the ids of this job's facts in the document. `faults` are those of facts that were
    shown and are not (yet) there as shown; in their place, `document` is a text that cannot be
    read or shows another job, `shown_hash` and `seal` are hashes of something else, `sum` is a
    total that its lines do not come to. `signed_at` is what the phone's clock said (ms), `at` the
    corrected time.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    visit_id: Id | None = None
    group_id: Id
    purpose: Purpose
    subject_id: Id | None = None
    shown_hash: Hash
    code: str
    seal: Hash
    state: SealState
    faults: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    language: str
    signer: OptionalLine = ""
    signer_role: Signer
    relation: OptionalLine = ""
    rating: Rating | None = None
    refusal: OptionalLine = ""
    total: int | None = None
    currency: str = ""
    outcome: str = ""
    person_id: Id
    signed_at: int
    at: int


class SignedDocument(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What was shown and the ink under it, word for word; lives with the job it was signed on.

    `document` is canonical JSON of a `shared.document.Document`, whose SHA-256 is `shown_hash`.
    """

    home = ("work_order", "work_order_id")

    work_order_id: Id
    sign_off_id: Id
    document: str
    ink: Ink | None = None
    technician_ink: Ink | None = None
    app: OptionalLine = ""


class TakeArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """What was shown, who signed or why nobody did, and the ink.

    `also` are the other jobs that the document covers. `seal` is `shared.seal.seal_of` these.
    """

    purpose: Purpose
    document: Annotated[str, Meta(min_length=2, max_length=DOCUMENT_CHARS_MAX)]
    shown_hash: Hash
    seal: Hash
    signed_at: Annotated[int, Meta(ge=0, le=MOMENT_MAX)]
    app: OptionalLine = ""
    signer: OptionalLine = ""
    signer_role: Signer
    relation: OptionalLine = ""
    rating: Rating | None = None
    refusal: OptionalLine = ""
    ink: Ink | None = None
    technician_ink: Ink | None = None
    also: Annotated[tuple[Id, ...], Meta(max_length=ALSO_MAX)] = ()
    subject: Id | None = None


class CheckArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which sign-off is compared with the books again. Only the server says so.

    `also` are the other jobs that were signed for with it, `price_list` the edition of its prices.
    """

    sign_off: Id
    also: Annotated[tuple[Id, ...], Meta(max_length=ALSO_MAX)] = ()
    price_list: Id | None = None
