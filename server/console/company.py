"""The company: the head of its papers, where they are checked, how long phones keep things."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from server.console import frame, saying
from server.console.addresses import opt
from server.console.forms import Form
from server.console.saying import Act, Said
from server.console.speech import Speech
from server.office import AnyRequest, Office
from server.queries import money
from server.sessions import Actor
from shared import typed
from shared.prices import AWAY_DAYS, DAYS_MAX, KEEP_DAYS, ORGANISATION, Organisation

PATH: Final = "/money/company"
MAKE: Final = "master.put"
FIELDS: Final = tuple(
    name for name in Organisation.__struct_fields__ if name not in ("id", "version")
)
NEEDED: Final = ("en", "zh")
DAYS: Final = {"keep_days": KEEP_DAYS, "away_days": AWAY_DAYS}  # and how many, if nobody says
DIGITS_MAX: Final = len(str(DAYS_MAX))


@get(PATH, opt=opt(MAKE), sync_to_thread=True)
def show(
    request: AnyRequest, actor: NamedDependency[Actor], office: NamedDependency[Office]
) -> Response[str]:
    """The form."""
    return _page(request, office, actor, None, None)


@post(PATH, opt=opt(MAKE), status_code=200, sync_to_thread=True)
def save(
    request: AnyRequest,
    form: NamedDependency[Form],
    actor: NamedDependency[Actor],
    office: NamedDependency[Office],
) -> Response[Any]:
    """Write it down."""
    told = {name: form.text(name) for name in FIELDS}
    days = {name: typed.whole(told[name], DIGITS_MAX) if told[name] else None for name in DAYS}
    act = Act(kind=MAKE, on=("organisation", ORGANISATION), args={"row": {**told, **days}})
    said = _refused(frame.speech_of(request, office), act, form.op, told)
    if said is None:
        said = saying.say(request, office, actor, form, act)
    if not said.ok:
        return frame.refused(_page(request, office, actor, told, said))
    return saying.go(request, office, said, PATH)


def _refused(speech: Speech, act: Act, op: str, told: dict[str, str]) -> Said | None:
    """What the page itself does not take, if there is anything."""
    missing = next((name for name in NEEDED if not told[name]), None)
    if missing is not None:
        return saying.refusal(speech, act, op, "no_name", missing)
    if told["verify_url"] and not told["verify_url"].startswith(("https://", "http://")):
        return saying.refusal(speech, act, op, "no_address", "verify_url")
    for name in DAYS:
        count = act.args["row"][name]
        if told[name] and (count is None or not 1 <= count <= DAYS_MAX):
            return saying.refusal(speech, act, op, "no_days", name, most=DAYS_MAX)
    return None


def _page(
    request: AnyRequest, office: Office, actor: Actor, row: dict[str, str] | None, said: Said | None
) -> Response[str]:
    with office.reading() as books:
        known = money.organisation(books) or {}
    context = {
        "typed": row or {name: _shown(known.get(name)) for name in FIELDS},
        "usual": DAYS,
        "wrong": {said.field: said.reason} if said is not None and said.field else {},
        "said": said,
        "here_url": f"{office.settings.public_url}/verify",
        "tab": "company",
        "section": "money",
    }
    return frame.page(request, office, actor, "company.html", context)


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


ROUTES: Final[list[Any]] = [show, save]
