"""Newcomers at intake: a customer, a site or a machine written down while somebody is calling."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from server.console import frame, saying
from server.console.forms import Form
from server.console.saying import Act, Said
from server.office import AnyRequest, Office
from server.queries.pages import by_id
from server.sessions import Actor
from shared.amounts import is_sayable
from shared.ids import derive

NEW: Final = "new"


class Newcomer(Struct, frozen=True, kw_only=True):
    """Whose place and machine a request is about, as far as that is settled.

    `said` is the act that was refused; `wrong` names fields that nothing can be done without.
    """

    customer: str = ""
    site: str = ""
    asset: str = ""
    said: Said | None = None
    wrong: Mapping[str, str] = {}


def settle(request: AnyRequest, office: Office, actor: Actor, form: Form) -> Newcomer:
    """The customer, site and machine a form names, written down where they are new.

    Nothing is written down while something is missing that no ticket can do without.
    """
    speech = frame.speech_of(request, office)
    wrong = {name: speech.text("console.intake", f"no_{name}") for name in _missing(form)}
    if wrong:
        return Newcomer(wrong=wrong)
    steps = _Steps(request, office, actor, form)
    known = steps.whole_place() if form.text("site") == NEW else _known_place(office, form)
    return known if known.said is not None else steps.machine(known)


def _missing(form: Form) -> list[str]:
    """Fields without which nothing is begun."""
    needed = ["problem"]
    site = form.text("site")
    if not site:
        needed = ["site", *needed]
    if site == NEW:
        needed = ["name", "address", *needed]
    if form.text("asset") == NEW:
        needed = [*needed, "model"]
    return [name for name in needed if not is_sayable(form.text(name))]


def _known_place(office: Office, form: Form) -> Newcomer:
    with office.reading() as books:
        site = by_id(books, "site", form.text("site"))
    customer = site["customer_id"] if site is not None else ""
    return Newcomer(customer=customer, site=form.text("site"))


class _Steps:
    """What one form says about newcomers, each under an id of its own, so that twice is once."""

    def __init__(self, request: AnyRequest, office: Office, actor: Actor, form: Form) -> None:
        self._call = (request, office, actor)
        self._zone = office.settings.zone.key
        self._form = form

    def whole_place(self) -> Newcomer:
        """A new customer with a site."""
        form = self._form
        person = {"name": form.text("name"), "type": form.text("type") or "person"}
        person |= {name: form.text(name) for name in ("phone", "tier")}
        customer = self._say("customer", "customer.add", person)
        if not customer.ok and customer.known is None:
            return Newcomer(said=customer)
        owner = customer.known or customer.op
        place = {
            "customer": owner,
            "address": form.text("address"),
            "time_zone": self._zone,
            "zone": form.text("zone"),
            "contact_name": form.text("caller") or form.text("name"),
            "contact_phone": form.text("phone"),
            "access_notes": form.text("access_notes"),
        }
        site = self._say("site", "site.add", place)
        if not site.ok and site.known is None:
            return Newcomer(customer=owner, said=site)
        return Newcomer(customer=owner, site=site.known or site.op)

    def machine(self, known: Newcomer) -> Newcomer:
        """The machine: none, one that stands there, or a new one."""
        form = self._form
        chosen = form.text("asset")
        is_new = chosen == NEW or (form.text("site") == NEW and form.has("model"))
        if not is_new:
            stands = "" if form.text("site") == NEW else chosen
            return Newcomer(customer=known.customer, site=known.site, asset=stands)
        told: dict[str, Any] = {
            "site": known.site,
            "model": form.text("model"),
            "serial": form.text("serial"),
        }
        asset = self._say("asset", "asset.add", told)
        found = asset.op if asset.ok else self._stands_here(asset.known, known.site)
        if not found:
            return Newcomer(customer=known.customer, site=known.site, said=asset)
        return Newcomer(customer=known.customer, site=known.site, asset=found)

    def _stands_here(self, asset: str | None, site: str) -> str:
        """A machine that is on file, if it is on file at this site."""
        _, office, _ = self._call
        with office.reading() as books:
            found = by_id(books, "asset", asset)
        return asset if asset and found is not None and found["site_id"] == site else ""

    def _say(self, noun: str, kind: str, args: Mapping[str, Any]) -> Said:
        request, office, actor = self._call
        told = {name: value for name, value in args.items() if value}
        op = derive(self._form.op, noun)
        return saying.say_under(
            request, office, actor, op, Act(kind=kind, on=(noun, ""), args=told)
        )
