"""Agreement: what a signature settles beside itself."""

from msgspec import structs

from shared import amendments
from shared.charges import Quote, agreed_of
from shared.comparing import compare
from shared.document import Document
from shared.errors import Flag
from shared.records import Record, State
from shared.registry import Outcome
from shared.sign_off import SignOff
from shared.take_away import TakenItem
from shared.visible import unlisted


def agree(state: State, document: Document | None, signed: SignOff) -> Outcome:
    """What a signature settles: a quote, an item on its way, or what a visit left unsigned."""
    if signed.purpose == "visit":
        left = unlisted(state, signed.work_order_id, signed.visit_id, signed.listed)
        op = (signed.group_id, signed.at)
        rows, flags = covered(state, signed, all_of_it=not left, op=op)
        return Outcome(rows=rows, flags=(*flags, *_prices(state, document, signed)))
    subject = signed.subject_id
    home = signed.work_order_id
    quote = next((one for one in state.of(Quote, home) if one.id == subject), None)
    item = next((one for one in state.of(TakenItem, home) if one.id == subject), None)
    if quote is not None and _was_shown(state, document, quote):
        after = _answered(quote, signed)
        return Outcome(rows=(after,) if after != quote else ())
    return Outcome(rows=(_handled(item, signed),) if item is not None else ())


def _answered(quote: Quote, signed: SignOff) -> Quote:
    """A quote with the customer's answer: their ink agrees to it, their refusal declines it.

    What was agreed to stays so whatever is refused later, as `quote.decline` has it; whoever
    declined may still agree.
    """
    if not signed.refusal:
        agreed = {"agreed_at": signed.at, "sign_off_id": signed.id}
        return structs.replace(quote, **agreed, declined_at=None, decline_reason="")
    if quote.agreed_at is not None or quote.declined_at is not None:
        return quote
    declined = {"declined_at": signed.at, "decline_reason": signed.refusal}
    return structs.replace(quote, **declined, sign_off_id=signed.id)


def _was_shown(state: State, document: Document | None, quote: Quote) -> bool:
    """Whether a customer saw the quote as it is: to other lines, or to none, nobody agrees.

    A quote that only this phone has yet is a fault of the sign-off, and was shown all the same.
    """
    return document is not None and quote.id not in compare(state, document).wrong


def _handled(item: TakenItem, signed: SignOff) -> TakenItem:
    """An item with its owner's signature; who refuses to sign has it back all the same."""
    if signed.purpose == "take_away":
        return structs.replace(item, sign_off_id=signed.id)
    return structs.replace(
        item,
        state="returned",
        returned_at=item.returned_at or signed.at,
        returned_by=item.returned_by or signed.person_id,
        return_sign_off_id=signed.id,
    )


def covered(
    state: State, signed: SignOff, *, all_of_it: bool, op: tuple[str, int]
) -> tuple[tuple[Record, ...], tuple[Flag, ...]]:
    """The task about what was not signed for: closed where nothing is left, else open.

    Somebody who refuses to sign settles nothing.
    """
    if signed.refusal:
        return (), ()
    if all_of_it:
        return tuple(amendments.settled(state, signed.work_order_id, (signed.person_id, op[1]))), ()
    flags = (Flag(code=amendments.CODE),)
    return tuple(amendments.opened(state, signed.work_order_id, op)), flags


def _prices(state: State, document: Document | None, signed: SignOff) -> tuple[Flag, ...]:
    """What speaks against the total: more than was agreed, or other prices than those."""
    quote = agreed_of(state.of(Quote, signed.work_order_id))
    if quote is None or document is None or document.sum is None:
        return ()
    total, quoted = document.sum.total, quote.total
    over = (Flag(code="over_quote", params={"total": total, "quoted": quoted}),)
    other = (Flag(code="other_prices"),)
    return (
        *(over if total > quoted else ()),
        *(other if document.sum.price_list_id != quote.price_list_id else ()),
    )
