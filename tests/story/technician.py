"""The technician of the story: moves the app in its own process, and may lose it at any moment."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from server.texts import read_catalogue
from shared.texts import has_text, say
from tests.e2e.processes import ROOT

TEXTS: Final = ROOT / "assets" / "texts"


class Technician:
    """A phone's folder, and the app that is open on it, if it is."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self.language = language
        self.log = folder.parent / "app.log"
        self._words = read_catalogue(TEXTS / language)
        self._app: subprocess.Popen[str] | None = None

    def word(self, group: str, code: str, **params: Any) -> str:
        """What the app says for a code, in the technician's language."""
        assert has_text(self._words, group, code), (group, code)
        return say(self._words, group, code, params, count=params.get("count"))

    def open(self) -> None:
        """Start the app."""
        assert self._app is None
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._app = subprocess.Popen(
                [sys.executable, "-m", "tests.story.hand", str(self.folder), self.language],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __call__(self, command: str, *args: Any) -> Any:
        """Have the hand do something; what it came to."""
        app = self._app
        assert app is not None, "the app is not open"
        assert app.stdin is not None
        assert app.stdout is not None
        app.stdin.write(json.dumps([command, *args]) + "\n")
        app.stdin.flush()
        line = app.stdout.readline()
        assert line, f"the app ended: {self.log.read_text()[-2000:]}"
        holds, told = json.loads(line)
        assert holds, f"{command} {args}: {told}"
        return told

    def tap(self, group: str, code: str, **params: Any) -> None:
        """Press what says the text of a code."""
        self("tap", self.word(group, code, **params))

    def kill(self) -> None:
        """The phone dies: no goodbye, nothing flushed."""
        if self._app is not None:
            app, self._app = self._app, None
            app.kill()
            app.communicate()

    def close(self) -> None:
        """Close the app as a person does."""
        if self._app is not None:
            app, self._app = self._app, None
            app.communicate(timeout=60)
