"""The shelf: style sheets, scripts and pictures, held in memory and named by what is in them."""

import gzip
import hashlib
import mimetypes
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from server.office import AnyRequest
from server.problems import Problem
from server.sessions import PUBLIC

FOLDER: Final = Path(__file__).parent / "static"
TOKENS: Final = "tokens.css"
VERSION_CHARS: Final = 10
# Its name changes when it does, so nobody has to ask again.
FOR_EVER: Final = "public, max-age=31536000, immutable"
PACKED: Final = ("text/css", "text/javascript", "image/svg+xml")
_NAMED: Final = re.compile(r'url\("([^"/]+)"\)')
SIZED: Final = (("space", ""), ("radius", "r-"))


class Thing(Struct, frozen=True, kw_only=True):
    """One file: its bytes, also packed where that pays, its type and its version."""

    plain: bytes
    packed: bytes | None
    media_type: str
    version: str


class Shelf(Struct, frozen=True, kw_only=True):
    """Every file that pages name, by name."""

    things: Mapping[str, Thing]

    def address(self, name: str) -> str:
        """Where a browser finds a file as it is now."""
        return f"/static/{self.things[name].version}/{name}"

    @property
    def sheets(self) -> list[str]:
        """The style sheets in the order they are read: tokens, the frame, then the pages'."""
        found = sorted(name for name in self.things if name.endswith(".css"))
        first = [TOKENS, "console.css"]
        return [*first, *(name for name in found if name not in first)]


def fill(assets: Path) -> Shelf:
    """The shelf of this version; the colours and sizes are the app's (`assets/tokens.toml`)."""
    tokens = tomllib.loads((assets / "tokens.toml").read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    files[TOKENS] = "".join(_sheet(tokens)).encode()
    things = {name: _thing(name, content) for name, content in sorted(files.items())}
    for name in [name for name in files if name.endswith(".css")]:
        things[name] = _thing(
            name, _NAMED.sub(partial(_address, things), files[name].decode()).encode()
        )
    return Shelf(things=things)


def _address(things: Mapping[str, Thing], found: re.Match[str]) -> str:
    """A file that a sheet names, by the name it has now."""
    return f'url("/static/{things[found[1]].version}/{found[1]}")'


def _thing(name: str, content: bytes) -> Thing:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    media_type = "text/javascript" if guessed.endswith("/javascript") else guessed
    return Thing(
        plain=content,
        packed=gzip.compress(content, mtime=0) if media_type in PACKED else None,
        media_type=media_type,
        version=hashlib.sha256(content).hexdigest()[:VERSION_CHARS],
    )


def _sheet(tokens: Mapping[str, Any]) -> Iterator[str]:
    """The tokens as custom properties: light, dark by the system, dark by choice."""
    sizes = {
        f"--{prefix}{name}": f"{size}px"
        for table, prefix in SIZED
        for name, size in tokens[table].items()
    }
    light, dark = (_colours(tokens[theme]) for theme in ("light", "dark"))
    yield _rule(":root", {"color-scheme": "light", **sizes, **light})
    by_system = _rule(':root:not([data-theme="light"])', {"color-scheme": "dark", **dark})
    yield f"@media screen and (prefers-color-scheme: dark) {{\n{by_system}}}\n"
    by_choice = _rule(':root[data-theme="dark"]', {"color-scheme": "dark", **dark})
    yield f"@media screen {{\n{by_choice}}}\n"


def _colours(theme: Mapping[str, str]) -> dict[str, str]:
    return {f"--{name.replace('_', '-')}": colour for name, colour in theme.items()}


def _rule(selector: str, properties: Mapping[str, str]) -> str:
    lines = "".join(f"  {name}: {value};\n" for name, value in properties.items())
    return f"{selector} {{\n{lines}}}\n"


@get("/static/{version:str}/{name:str}", opt={"intent": PUBLIC}, sync_to_thread=False)
def thing(
    version: FromPath[str], name: FromPath[str], request: AnyRequest, shelf: NamedDependency[Shelf]
) -> Response[bytes]:
    """One file; only by the name it has now, so that an old page gets no new script."""
    found = shelf.things.get(name)
    if found is None or found.version != version:
        raise Problem("not_found")
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    packed = found.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
    return Response(packed or found.plain, media_type=found.media_type, headers=headers)


ROUTES: Final = [thing]
