"""A machine's papers: what it is, and the days its warranty is counted from, put right."""

from typing import Final

from msgspec import structs

from shared.amounts import Line, LocalDate, OptionalLine, is_real, is_sayable, tidy
from shared.errors import Refused, refuse_value
from shared.pricing import unreadable
from shared.records import Aggregate, State
from shared.registry import Act, Args, Kind, Outcome, Reach, Ref, by
from shared.site import Asset

DAYS: Final = ("delivered_on", "invoiced_on", "warranty_until")


class CorrectArgs(Args, frozen=True, kw_only=True, omit_defaults=True):
    """All that is known of the machine: what is left out is not known."""

    model: Line
    name: OptionalLine = ""
    serial: OptionalLine = ""
    product_class: OptionalLine = ""
    delivered_on: LocalDate | None = None
    invoiced_on: LocalDate | None = None
    warranty_until: LocalDate | None = None


def correct(state: State, act: Act) -> Outcome | Refused:
    """Write a machine's papers anew, unless another one has this model and serial number."""
    args: CorrectArgs = act.args
    found = state.find(Asset, act.on[1])
    if found is None:
        return refuse_value("unknown_subject", "on")
    if not is_sayable(args.model):
        return refuse_value("not_text", "args.model")
    refused = unreadable(args) or unreal(args)
    if refused is not None:
        return refused
    told = {one: tidy(getattr(args, one)) for one in ("name", "model", "serial", "product_class")}
    days = {one: getattr(args, one) for one in DAYS}
    after = structs.replace(found, **{**told, "name": told["name"] or told["model"], **days})
    if after == found:
        return Outcome(merged=True)
    if act.alias is not None:
        return refuse_value("merged_meanwhile", "on", id=act.on[1])
    return same_on_file(state, after) or Outcome(rows=(after,))


def unreal(args: Args) -> Refused | None:
    """The first day among the arguments that is not in the calendar."""
    for name in DAYS:
        day = getattr(args, name, None)
        if day is not None and not is_real(day):
            return refuse_value("wrong_value", f"args.{name}", reason=day)
    return None


def same_on_file(state: State, machine: Asset) -> Refused | None:
    """The refusal of a machine whose model and serial number another one has."""
    for known in state.all(Asset):
        same_machine = (known.serial, known.model) == (machine.serial, machine.model)
        if machine.serial and known.id != machine.id and same_machine:
            return refuse_value("on_file", "args.serial", value=machine.serial, id=known.id)
    return None


def its_serial(serial: str) -> tuple[Ref, ...]:
    """The machines that have this serial number; none where there is no number."""
    return ((Asset, by("serial", tidy(serial))),) if tidy(serial) else ()


def _its_site(reach: Reach) -> tuple[Aggregate, ...]:
    site = reach.links.get("site_id")
    return (("site", site),) if site is not None else ()


def _itself(reach: Reach) -> tuple[Ref, ...]:
    return ((Asset, reach.on[1]), *its_serial(reach.args.serial))


KINDS = (
    Kind(
        name="asset.correct",
        cls="office",
        nouns=frozenset({"asset"}),
        args=CorrectArgs,
        reduce=correct,
        touches=_its_site,
        refs=_itself,
    ),
)
