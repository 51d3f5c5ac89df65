"""Contact: the technician reaches the customer before going there (R-SLA-10, R-DSP-10)."""

from shared.amounts import LocalTime, OptionalText, is_real, is_sayable, tidy
from shared.errors import Refused, refuse_value
from shared.reception import Means
from shared.records import State
from shared.registry import Act, Args, Kind, Outcome
from shared.ticket import Step, progress
from shared.work_order import lateness, subject, to_its_ticket


class ContactArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """By what means, whether somebody answered, and the time of the visit that was agreed."""

    means: Means
    reached: bool
    visit_at: LocalTime | None = None
    note: OptionalText = ""


def contact(state: State, act: Act) -> Outcome | Refused:
    """Say that the customer was called: a fact, which stops the clock only if somebody answered.

    It is a line of the ticket's story, and what was agreed is known to everybody who looks there.
    """
    order = subject(state, act)
    if isinstance(order, Refused):
        return order
    args: ContactArgs = act.args
    if args.visit_at is not None and not is_real(args.visit_at):
        return refuse_value("wrong_value", "args.visit_at", reason=args.visit_at)
    if args.note and not is_sayable(args.note):
        return refuse_value("not_text", "args.note")
    step = Step(
        events=("contacted",) if args.reached else (),
        note=tidy(args.note),
        agreed=args.visit_at if args.reached else None,
    )
    return Outcome(emits=progress(order.ticket_id, "", act, step), flags=lateness(order))


KINDS = (
    Kind(
        name="work_order.contact",
        cls="fact",
        nouns=frozenset({"work_order"}),
        args=ContactArgs,
        reduce=contact,
        device=True,
        touches=to_its_ticket,
    ),
)
