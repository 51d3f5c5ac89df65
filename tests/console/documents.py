"""Documents as a browser without scripts sees them: links, forms, text, elements by id."""

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "use"}
LOUD = {"script", "style", "title"}


class Element:
    """An element: its tag, its attributes, and what is in it."""

    def __init__(self, tag: str, attributes: Mapping[str, str], parent: "Element | None") -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element | str] = []

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def walk(self) -> Iterator["Element"]:
        """This element and everything in it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str, **wanted: str) -> list["Element"]:
        """The elements with a tag and with these attributes; `cls` is one of the classes."""
        return [one for one in self.walk() if one.tag == tag and one.fits(wanted)]

    def fits(self, wanted: Mapping[str, str]) -> bool:
        """Whether the attributes are these."""
        return all(
            value in self["class"].split() if name == "cls" else self[name] == value
            for name, value in wanted.items()
        )

    @property
    def text(self) -> str:
        """The words, with single spaces."""
        return " ".join(" ".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        if self.tag in LOUD:
            return
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._words()

    def raw(self) -> str:
        """The text in it, as it is."""
        return "".join(child if isinstance(child, str) else child.raw() for child in self.children)


class Document(HTMLParser):
    """A page that was answered."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.root = Element("#document", {}, None)
        self._here = self.root
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._here)
        self._here.children.append(element)
        if tag not in VOID:
            self._here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._here.children.append(
            Element(tag, {name: value or "" for name, value in attrs}, self._here)
        )

    def handle_endtag(self, tag: str) -> None:
        at: Element | None = self._here
        while at is not None and at.tag != tag:
            at = at.parent
        if at is not None and at.parent is not None:
            self._here = at.parent

    def handle_data(self, data: str) -> None:
        self._here.children.append(data)

    @property
    def text(self) -> str:
        """All words."""
        return self.root.text

    @property
    def title(self) -> str:
        """The page's title."""
        return next((one.raw() for one in self.root.all("title")), "")

    def all(self, tag: str, **wanted: str) -> list[Element]:
        """The elements with a tag and with these attributes."""
        return self.root.all(tag, **wanted)

    def by_id(self, identity: str) -> Element:
        """The one element with an id."""
        (found,) = [one for one in self.root.walk() if one["id"] == identity]
        return found

    def links(self) -> list[str]:
        """Where links lead on this server."""
        return [one["href"] for one in self.all("a") if one["href"].startswith("/")]

    def form(self, action: str, **fields: str) -> dict[str, str | list[str]]:
        """What the form with an action sends as it stands; with `fields`, the one that has them.

        Of several with the same action the first is taken.
        """
        for form in self.all("form", action=action):
            sent = dict(_fields(form))
            if all(sent.get(name) == value for name, value in fields.items()):
                return sent
        raise AssertionError(f"no form for {action} in {self.text[:400]}")


def _fields(form: Element) -> Iterator[tuple[str, Any]]:
    many: dict[str, list[str]] = {}
    for field in form.walk():
        for name, value in _sent(field):
            many.setdefault(name, []).append(value)
    for name, values in many.items():
        yield name, values if len(values) > 1 else values[0]


def _sent(field: Element) -> Iterator[tuple[str, str]]:
    name = field["name"]
    if not name:
        return
    if field.tag == "input" and (
        field["type"] not in ("checkbox", "radio") or "checked" in field.attributes
    ):
        yield name, field["value"]
    elif field.tag == "textarea":
        yield name, field.raw().removeprefix("\n")
    elif field.tag == "select":
        options = field.all("option")
        chosen = [one for one in options if "selected" in one.attributes] or options[:1]
        for one in chosen:
            yield name, one.attributes.get("value", one.text)
