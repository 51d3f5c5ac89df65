"""Service policies: which limits a company works to, as versioned data that never change in place.

A limit counts from one event of a ticket's story to another (C-02). What its figures are, and on
which condition, is in the policies (`assets/policies`, and what people make of them in the
console); what they mean is in `shared.clocks`.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from shared.amounts import Code, Id, Line, LocalDate, OptionalLine, OptionalText
from shared.ids import derive
from shared.people import ROLES
from shared.records import Record

# What happens to a request, apart from each other (C-02); then what happens with a complaint, with
# a suggestion, after a low score, and with what is to be improved: records of their own (C-07).
EVENTS: Final = (
    *("received", "recorded", "acknowledged", "assigned", "contacted", "departed", "arrived"),
    *("diagnosed", "proposed", "planned", "resolved", "signed", "called_back", "closed"),
    *("progress_told", "surveyed", "reopened", "withdrawn"),
    *("complained", "complainant_contacted", "plan_told", "result_told"),
    *("suggested", "suggestion_answered", "suggestion_settled"),
    *("scored_low", "manager_called"),
    *("finding_made", "finding_rectified", "issue_raised", "issue_settled"),
    *("return_asked", "return_done"),
)
Event = Annotated[str, Meta(pattern=rf"^({'|'.join(EVENTS)})$(?!\n)")]
FEEDBACK_EVENTS: Final = frozenset(
    EVENTS[EVENTS.index("complained") : EVENTS.index("issue_settled") + 1]
)
# The steps of the process, in the order in which they come. Two limits of one step compete.
NODES: Final = (
    *("record", "respond", "first_response", "assign", "contact", "arrive", "diagnose", "propose"),
    *("solve", "repair", "progress", "call_back", "survey"),
    *("complaint_contact", "complaint_plan", "complaint_result"),
    *("suggestion_answer", "suggestion_result", "low_score", "rectify", "issue"),
    "return",
)
# What came after the first release: an app of then cannot read a limit that has one of these words.
LATER: Final = frozenset({"return", "return_asked", "return_done", "grade"})
FEEDBACK_NODES: Final = NODES[NODES.index("complaint_contact") : NODES.index("issue") + 1]
Node = Annotated[str, Meta(pattern=rf"^({'|'.join(NODES)})$(?!\n)")]
# What a limit may depend on; a value that nobody knows is the empty text.
FACTS: Final = (
    *("urgency", "complexity", "zone", "product_class", "tier", "service_type", "warranty"),
    *("contract", "kind", "mode", "complaints", "major", "grade"),
)
Fact = Annotated[str, Meta(pattern=rf"^({'|'.join(FACTS)})$(?!\n)")]
# Why a clock stands still. What stands still for `resolved` was thought to be solved until it was
# taken up again.
PAUSES: Final = ("customer_date", "parts", "mail_in", "customer_absent", "resolved")
PauseReason = Literal["customer_date", "parts", "mail_in", "customer_absent"]
Unit = Literal["min", "h", "day", "working_day"]
Responsible = Annotated[str, Meta(pattern=rf"^({'|'.join(ROLES)})?$(?!\n)")]
Values = Annotated[tuple[OptionalLine, ...], Meta(min_length=1, max_length=40)]
When = Annotated[dict[Fact, Values], Meta(max_length=len(FACTS))]
Amount = Annotated[int, Meta(ge=1, le=100_000)]
Source = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9-]{1,19}$(?!\n)")]
Sources = Annotated[tuple[Source, ...], Meta(max_length=12)]
PolicyName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,40}$(?!\n)")]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]
Meanings = dict[str, str]
LIMITS_MAX: Final = 80
# The policies that come with the product (`assets/policies`): the recommended one, the three of the
# question by trade, and those that are shown on demand.
PRESETS: Final = (
    *("p-default", "p-hotline", "p-standard-workday", "p-process"),
    *("p-2025-product", "p-2025-service", "p-2025-techsupport", "p-2025-assessment"),
    *("p-2025-24h", "p-severity", "p-common"),
)
CHOICE: Final = derive("policy_choice")  # the id of the one row that says what is in force


class Escalation(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Whom it concerns that a limit is missed by `over` percent of its time; no role is whoever
    is responsible for the limit.
    """

    over: Annotated[int, Meta(ge=0, le=10_000)]
    role: Responsible = ""


# R-SLA-44: whoever is responsible at once, the team leader after half the time more, and the
# service manager once twice the time is over.
CHAIN: Final = (Escalation(0), Escalation(50, "team_leader"), Escalation(100, "service_manager"))


class Limit(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How much time may pass from one event to another.

    No `amount` means as soon as possible. `agreed` is `may` where a time that was agreed with the
    customer stands in place of the amount, at most `agreed_max` (in the same unit) from the start
    (C-05), and `must` where only such a time makes it due, at most the amount from the start, if
    there is one (R-SLA-06, R-SLA-09). With `every` it is due again that long after each time.
    Once `until` has happened it asks for nothing any more. It cannot be kept before `opens`.
    `promised` is told to the customer. `warn` is the share (%) of the time after which somebody is
    warned, `role` who is responsible (R-SLA-43), `escalation` who is told that it is missed, one
    after the other (R-SLA-44), `source` what the figure is taken from.
    """

    id: Code
    node: Node
    start: Event
    stop: Event
    amount: Amount | None = None
    unit: Unit = "h"
    calendar: Literal["always", "working"] = "always"
    when: When = {}
    pauses: tuple[PauseReason, ...] = ()
    every: bool = False
    until: Event | None = None
    opens: Amount | None = None
    agreed: Literal["", "may", "must"] = ""
    agreed_max: Amount | None = None
    excusable: bool = False
    promised: bool = False
    warn: Annotated[int, Meta(ge=1, le=99)] = 75
    role: Responsible = ""
    escalation: Annotated[tuple[Escalation, ...], Meta(max_length=6)] = CHAIN
    source: Sources = ()


class Target(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rate (basis points) that is to be reached, or not to be exceeded where `at_most`."""

    id: Code
    share: BasisPoints
    at_most: bool = False
    source: Sources = ()


class Duty(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a policy asks for besides limits; `share` (basis points) of how many, where it says."""

    id: Code
    when: When = {}
    share: BasisPoints | None = None
    source: Sources = ()


class ServicePolicy(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One version of a policy: it never changes, and a ticket keeps the one it was opened under.

    `number` counts the versions of a name. New tickets get it from `valid_from` on, unless a
    later one is in force. `trade` is the answer at the first start that leads to it. `further` are
    limits in words that came `LATER`: an app that does not know them passes them over.
    """

    home = ("catalog", "")

    name: PolicyName
    number: Annotated[int, Meta(ge=1, le=1_000_000)]
    valid_from: LocalDate
    en: Line
    zh: Line
    about_en: OptionalText = ""
    about_zh: OptionalText = ""
    trade: Literal["", "hotline", "workday", "process"] = ""
    limits: Annotated[tuple[Limit, ...], Meta(max_length=LIMITS_MAX)]
    targets: Annotated[tuple[Target, ...], Meta(max_length=LIMITS_MAX)] = ()
    duties: Annotated[tuple[Duty, ...], Meta(max_length=LIMITS_MAX)] = ()
    further: Annotated[tuple[Limit, ...], Meta(max_length=LIMITS_MAX)] = ()
    by: Id
    at: int

    @property
    def every(self) -> tuple[Limit, ...]:
        """All of its limits."""
        return (*self.limits, *self.further)


class Edition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A version of a policy as the choice knows it: enough to say which one a ticket gets."""

    policy_id: Id
    name: PolicyName
    number: int
    valid_from: LocalDate


class Chosen(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which policy is in force from a day on: for a contract, a class of product, or else.

    No policy ends what was chosen for the contract or the class before.
    """

    policy: PolicyName | None = None
    valid_from: LocalDate
    contract: Id | None = None
    product_class: OptionalLine = ""


class PolicyChoice(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Which policy is in force for whom, and what the company's own words mean to the policies.

    There is one, with the id `CHOICE`. `zones` says of dispatchers' zones whether they are `urban`
    or `suburb` (A-02), `classes` of product classes whether they are `high_tech` or `daily`.
    """

    home = ("catalog", "")

    editions: tuple[Edition, ...] = ()
    chosen: tuple[Chosen, ...] = ()
    zones: Meanings = field(default_factory=dict)
    classes: Meanings = field(default_factory=dict)


def is_later(limit: Limit) -> bool:
    """Whether an app of the first release could not read this limit."""
    return not LATER.isdisjoint({limit.node, limit.start, limit.stop, limit.until, *limit.when})


def applies(when: Mapping[str, tuple[str, ...]], facts: Mapping[str, str]) -> bool:
    """Whether a condition holds: each fact it names has one of the values it names."""
    return all(facts.get(name, "") in values for name, values in when.items())


def in_force(
    choice: PolicyChoice, day: str, *, contract: str | None = None, product_class: str = ""
) -> Edition | None:
    """The version a ticket that is opened on a day gets (C-01): by contract, by class, or else.

    Of two choices for the same the later one counts, and of it the newest version that has begun.
    """
    subjects: list[tuple[str | None, str]] = [(None, "")]
    if product_class:
        subjects.insert(0, (None, product_class))
    if contract is not None:
        subjects.insert(0, (contract, ""))
    for subject in subjects:
        begun = [
            one
            for one in choice.chosen
            if (one.contract, one.product_class) == subject and one.valid_from <= day
        ]
        latest = max(begun, key=lambda one: one.valid_from, default=None)
        if latest is not None and latest.policy is not None:
            return newest(choice.editions, latest.policy, day)
    return None


def newest(editions: Iterable[Edition], name: str, day: str) -> Edition | None:
    """The newest version of a policy that has begun by a day."""
    begun = [one for one in editions if one.name == name and one.valid_from <= day]
    return max(begun, key=lambda one: (one.valid_from, one.number), default=None)
