"""The shelf: the pictures pages name are in the sprite, and the tokens are those of the app."""

import re
import tomllib
from pathlib import Path

from server.console.rail import STOPS
from server.console.shelf import fill
from server.settings import ASSETS

CONSOLE = Path(__file__).resolve().parents[2] / "server" / "console"
SPRITE = set(
    re.findall(
        r'<symbol id="([\w-]+)"', (CONSOLE / "static" / "icons.svg").read_text(encoding="utf-8")
    )
)


def test_the_sprite_holds_the_pictures_of_the_list() -> None:
    lines = (CONSOLE / "icons.txt").read_text(encoding="utf-8").splitlines()
    assert {line.strip() for line in lines if line.strip() and not line.startswith("#")} == SPRITE


def test_every_picture_that_a_page_names_is_there() -> None:
    named = {
        (path.name, name)
        for path in (CONSOLE / "templates").glob("*.html")
        for name in re.findall(r'icon\("([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert sorted(one for one in named if one[1] not in SPRITE) == []


def test_no_picture_is_carried_that_nothing_names() -> None:
    places = [
        *CONSOLE.glob("*.py"),
        *CONSOLE.glob("templates/*.html"),
        *CONSOLE.glob("static/*.js"),
        *(CONSOLE.parent / "queries").glob("*.py"),
    ]
    written = "".join(path.read_text(encoding="utf-8") for path in places)
    words = set(re.findall(r"[\w-]+", written))
    words |= {f"{stop.icon}-fill" for stop in STOPS}
    assert sorted(SPRITE - words) == []


def test_the_colours_are_those_of_the_app() -> None:
    tokens = tomllib.loads((ASSETS / "tokens.toml").read_text(encoding="utf-8"))
    sheet = fill(ASSETS).things["tokens.css"].plain.decode()
    wanted = {
        f"--{name.replace('_', '-')}: {colour};"
        for theme in ("light", "dark")
        for name, colour in tokens[theme].items()
    }
    assert sorted(line for line in wanted if line not in sheet) == []


def test_every_place_of_the_rail_has_a_letter_of_its_own() -> None:
    letters = [stop.letter for stop in STOPS]
    assert sorted(letters) == sorted(set(letters))
    assert "g" not in letters  # it comes before the others
