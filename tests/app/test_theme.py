"""The colours and sizes: everybody can read what is written in them, also in the sun."""

from mobile.theme import THEMES, contrast, read, rgba

TOKENS = read()


def test_every_text_stands_out_from_every_ground_it_is_written_on() -> None:
    weak = []
    for theme in THEMES:
        least = TOKENS.limits["contrast_outdoor" if theme == "outdoor" else "contrast"]
        colours = TOKENS.palette(theme)
        for text, grounds in TOKENS.grounds.items():
            for ground in grounds:
                found = contrast(colours[text], colours[ground])
                if found < least:
                    weak.append((theme, text, ground, round(found, 2)))
    assert weak == []


def test_the_line_around_what_can_be_filled_in_is_seen() -> None:
    weak = [
        (theme, ground)
        for theme in THEMES
        for ground in ("surface", "bg")
        if contrast(TOKENS.palette(theme)["control"], TOKENS.palette(theme)[ground])
        < TOKENS.limits["contrast_control"]
    ]
    assert weak == []


def test_every_colour_that_is_written_with_has_its_grounds_named() -> None:
    tones = {"success", "warning", "danger", "info", "neutral"}
    written = {name for name in TOKENS.light if name.startswith("text") or name.endswith("_fg")}
    assert (written | tones | {"primary"}) - set(TOKENS.grounds) == set()
    assert {name for name in tones if f"{name}_c" not in TOKENS.grounds[name]} == set()


def test_the_themes_name_the_same_colours() -> None:
    assert TOKENS.light.keys() == TOKENS.dark.keys() == TOKENS.outdoor.keys()


def test_no_token_is_taken_for_a_handler() -> None:
    assert [name for name in TOKENS.light if name.startswith("on_")] == []


def test_what_is_worked_with_gloves_is_large_enough() -> None:
    assert TOKENS.size["touch"] == 48
    assert TOKENS.size["control"] >= 56
    assert [name for name, role in TOKENS.roles().items() if role.size < 12] == []


def test_contrast_is_that_of_the_standard() -> None:
    assert round(contrast(rgba("#000000"), rgba("#FFFFFF")), 2) == 21.0
    assert round(contrast(rgba("#777777"), rgba("#FFFFFF")), 2) == 4.48
    assert rgba("#FF000080") == (1.0, 0.0, 0.0, 128 / 255)
