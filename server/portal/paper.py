"""Paper: how the portal's pages are drawn: one file each, and no script."""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

TEMPLATES: Final = Path(__file__).parent / "templates"
STYLES: Final = ("verify.css", "progress.css", "request.css", "score.css")


class Sheet(Struct, frozen=True, kw_only=True):
    """What pages are made with: templates that escape, the style in each, and what they may do."""

    environment: Environment
    style: str
    policy: str

    def draw(self, template: str, context: Mapping[str, Any]) -> str:
        """A page."""
        return self.environment.get_template(template).render(style=self.style, **context)


def furnish(assets: Path) -> Sheet:
    """The portal of this version; its colours are the app's (`assets/tokens.toml`)."""
    tokens = tomllib.loads((assets / "tokens.toml").read_text(encoding="utf-8"))
    plain = "\n".join((TEMPLATES / one).read_text(encoding="utf-8") for one in STYLES)
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(tokens['dark'])} }} }}"
    style = f":root {{ color-scheme: light dark; {_colours(tokens['light'])} }}\n{dark}\n{plain}"
    # The one style there is, by its hash: nothing that gets into a page can bring another.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return Sheet(environment=environment, style=style, policy=_policy(f"'sha256-{digest}'"))


def _policy(style: str) -> str:
    allowed = {
        "default-src": "'none'",
        "style-src": style,
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {what}" for name, what in allowed.items())


def _colours(tokens: Mapping[str, str]) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in tokens.items())
