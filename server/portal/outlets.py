"""Outlets: where customers find us, open to anybody, in both languages (R-DSP-16)."""

from typing import Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.office import AnyRequest, Office
from server.portal.paper import Sheet
from server.portal.speech import named, speech_of
from server.queries import money, teams
from server.sessions import PUBLIC
from shared.teams import spoken

PATH: Final = "/service-outlets"


@get(PATH, opt={"intent": PUBLIC}, include_in_schema=False, sync_to_thread=True)
def show(
    request: AnyRequest, office: NamedDependency[Office], lang: FromQuery[str] = ""
) -> Response[str]:
    """The outlets that there are: our own first, each with its address, number and hours."""
    speech = speech_of(request, office, lang)
    with office.reading() as books:
        house = money.organisation(books)
        known = [one for one in teams.outlets(books) if not one.retired]
    sheet: Sheet = request.app.state["portal"]
    page = sheet.draw(
        "outlets.html",
        {
            "t": speech.text,
            "lang": speech.language,
            "house": named(house, office, speech.language),
            "phone": house["phone"] if house else "",
            "other": f"{PATH}?lang={speech.other}",
            "outlets": [
                {
                    "name": getattr(one, speech.language),
                    "kind": one.kind,
                    "phone": one.phone,
                    "address": spoken(one, "address", speech.language),
                    "hours": spoken(one, "hours", speech.language),
                }
                for one in known
            ],
        },
    )
    headers = {
        "Content-Security-Policy": sheet.policy,
        "Content-Language": speech.language,
        "Vary": "Accept-Language",
        "Cache-Control": "no-store",
    }
    return Response(page, media_type="text/html", headers=headers)
