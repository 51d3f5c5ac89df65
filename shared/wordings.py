"""Wordings: how a company words its messages to customers, and which of them come by themselves."""

import re
from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta

from shared.amounts import Id, OptionalText, is_sayable, tidy
from shared.errors import Refused, refuse_value
from shared.ids import derive
from shared.messages import TEMPLATES, Template
from shared.records import Record, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref
from shared.texts import LANGUAGES

RULES: Final = derive("message_rules")  # the id of the one row
LINK: Final = "link"  # where in a text the address of the customer's page stands
TEXT_CHARS_MAX: Final = 500
# What may be queued without anybody asking: the office knows all that these say.
BY_THEMSELVES: Final = (
    *("opened", "visit_agreed", "on_the_way", "delayed", "progress", "result"),
    *("return_decided", "survey"),
)
_BRACES: Final = re.compile(r"\{([^{}]*)\}")


class MessageWording(Record, frozen=True, kw_only=True, omit_defaults=True):
    """How a company words one message; an empty text is the product's own. `number` counts.

    It stays on the server: a message is worded there, and kept as it was worded.
    """

    template: Template
    number: int
    en: OptionalText = ""
    zh: OptionalText = ""
    by: Id
    at: int


class MessageRules(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Which messages are queued by themselves, and which end with the customer's link.

    There is one, with the id `RULES`; `USUAL` holds until somebody says otherwise.
    """

    automatic: tuple[Template, ...] = ()
    linked: tuple[Template, ...] = ()


USUAL: Final = MessageRules(id=RULES, automatic=("opened",), linked=("opened",))


class WordArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """The text in both languages, empty for the product's own; `seen` is the newest number."""

    template: Template
    text_en: Annotated[str, Meta(max_length=TEXT_CHARS_MAX)] = ""
    text_zh: Annotated[str, Meta(max_length=TEXT_CHARS_MAX)] = ""
    seen: Annotated[int, Meta(ge=0)] = 0


class RulesArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """Which come by themselves, and which carry the link; `seen` is the version that was seen."""

    automatic: Annotated[tuple[Template, ...], Meta(max_length=len(TEMPLATES))] = ()
    linked: Annotated[tuple[Template, ...], Meta(max_length=len(TEMPLATES))] = ()
    seen: int | None = None


def wording_id(template: str) -> str:
    """The id under which a company's wording of a message is kept."""
    return derive("message_wording", template)


def known_in(template: str) -> tuple[str, ...]:
    """What a text of this message may name in braces."""
    return (*TEMPLATES[template], LINK)


def misplaced(template: str, text: str) -> tuple[str, int] | None:
    """The first thing in braces that nobody can fill in, and in which line it stands."""
    known = set(known_in(template))
    for number, line in enumerate(text.split("\n"), 1):
        told = _BRACES.findall(line)
        wrong = next((one for one in told if one not in known), None)
        if wrong is not None:
            return (wrong, number)
        if set("{}") & set(_BRACES.sub("", line)):
            return (line[_first_brace(line) :][:20], number)
    return None


def _first_brace(line: str) -> int:
    bare = _BRACES.sub(lambda found: " " * len(found[0]), line)
    return min(place for place in (bare.find("{"), bare.find("}")) if place >= 0)


def word(state: State, act: Act) -> Outcome | Refused:
    """Word a message anew, in a next version; what was told stays as it was told."""
    args: WordArgs = act.args
    if act.on[1] != wording_id(args.template):
        return refuse_value("wrong_value", "args.template", reason=args.template)
    before = state.find(MessageWording, act.on[1])
    number = before.number if before is not None else 0
    if args.seen != number:
        return refuse_value("changed_meanwhile", "args.seen", number=number)
    told = {name: tidy(getattr(args, f"text_{name}")) for name in LANGUAGES}
    wrong = _unsendable(args.template, told.items())
    if wrong is not None:
        return wrong
    same = {name: getattr(before, name) if before is not None else "" for name in LANGUAGES}
    if told == same:
        return Outcome(merged=True)
    made = MessageWording(
        id=act.on[1],
        version=before.version if before is not None else None,
        template=args.template,
        number=number + 1,
        by=act.by.id,
        at=act.at,
        **told,
    )
    return Outcome(rows=(made,))


def _unsendable(template: str, told: Iterable[tuple[str, str]]) -> Refused | None:
    for language, text in told:
        if text and not is_sayable(text):
            return refuse_value("not_text", f"args.text_{language}")
        wrong = misplaced(template, text)
        if wrong is not None:
            known = ", ".join(f"{{{one}}}" for one in known_in(template))
            field = f"args.text_{language}"
            return refuse_value("no_placeholder", field, name=wrong[0], line=wrong[1], known=known)
    return None


def set_rules(state: State, act: Act) -> Outcome | Refused:
    """Say which messages come by themselves, and which carry the link."""
    args: RulesArgs = act.args
    if act.on[1] != RULES:
        return refuse_value("unknown_subject", "on")
    before = state.find(MessageRules, RULES)
    if args.seen != (before.version if before is not None else None):
        return refuse_value("changed_meanwhile", "args.seen")
    unable = next((one for one in args.automatic if one not in BY_THEMSELVES), None)
    if unable is not None:
        return refuse_value("wrong_value", "args.automatic", reason=unable)
    after = MessageRules(
        id=RULES,
        version=args.seen,
        automatic=_in_order(args.automatic),
        linked=_in_order(args.linked),
    )
    return Outcome(merged=True) if after == before else Outcome(rows=(after,))


def _in_order(templates: Iterable[str]) -> tuple[str, ...]:
    told = set(templates)
    return tuple(one for one in TEMPLATES if one in told)


def _itself(reach: Reach) -> tuple[Ref, ...]:
    noun, identity = reach.on
    return ((MessageWording if noun == "message_wording" else MessageRules, identity),)


KINDS = (
    Kind(
        name="message.word",
        cls="office",
        nouns=frozenset({"message_wording"}),
        args=WordArgs,
        reduce=word,
        refs=_itself,
    ),
    Kind(
        name="message.set_rules",
        cls="office",
        nouns=frozenset({"message_rules"}),
        args=RulesArgs,
        reduce=set_rules,
        refs=_itself,
    ),
)
