"""Phrasing: a message to a customer in the company's words, or the product's, with their link."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs

from server import links, rows
from server.office import Office
from shared.messages import GROUP, TEMPLATES, render
from shared.texts import Catalogue, Language, say
from shared.wordings import LINK, RULES, USUAL, MessageRules, MessageWording, wording_id

PIECES: Final = "message_pieces"


def rules(books: Any) -> MessageRules:
    """Which messages come by themselves, and which carry the link."""
    found = next(iter(rows.fetch(books, "message_rules", "id", {RULES})), None)
    return found if isinstance(found, MessageRules) else USUAL


def own_words(books: Any) -> dict[str, MessageWording]:
    """The company's own wordings, by the message."""
    ids = {wording_id(one) for one in TEMPLATES}
    found = rows.fetch(books, "message_wording", "id", ids)
    return {one.template: one for one in found if isinstance(one, MessageWording)}


def original(catalogue: Catalogue, template: str) -> str:
    """The product's own text of a message, with its braces."""
    return str(catalogue.groups[GROUP][template])


def in_words_of(catalogue: Catalogue, template: str, text: str) -> Catalogue:
    """The texts of a language, with another one for a message."""
    if not text:
        return catalogue
    told = {**catalogue.groups[GROUP], template: text}
    return structs.replace(catalogue, groups={**catalogue.groups, GROUP: told})


def phrased(
    office: Office, books: Any, asked: tuple[str, str, Language], params: Mapping[str, str]
) -> str:
    """A message as its customer reads it; one that carries the link ends with it.

    Asked for is the ticket (by id), the message, and the language.
    """
    ticket_id, template, language = asked
    worded = own_words(books).get(template)
    text = getattr(worded, language) if worded is not None else ""
    catalogue = in_words_of(office.texts.catalogues[language], template, text)
    is_named = f"{{{LINK}}}" in original(catalogue, template)
    is_linked = template in rules(books).linked
    told = dict(params)
    if is_named or is_linked:
        told[LINK] = links.address(office, books, ticket_id)
    found = render(catalogue, template, told)
    if is_linked and not is_named:
        found = f"{found} {say(catalogue, PIECES, 'follow', {LINK: told[LINK]})}"
    return found


def piece(office: Office, language: Language, code: str, **params: str) -> str:
    """What the server says in its own words within a message."""
    return say(office.texts.catalogues[language], PIECES, code, dict(params))
