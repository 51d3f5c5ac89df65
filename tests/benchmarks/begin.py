"""One start of an app in a process of its own, phase by phase: a bare Kivy window, or Fieldfare.

`python begin.py bare|ours FOLDER MOMENT` prints JSON; MOMENT is when it was started, by the
monotonic clock. Nothing is imported before it has to be: the order of imports is what is measured.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Mark = Callable[[str], None]
KB = 1024


class Phases:
    """When each phase ended: wall and CPU milliseconds since the process was started."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def end(self, name: str) -> None:
        """A phase is over."""
        self.wall[name] = (time.monotonic() - self._began) * 1000
        self.cpu[name] = time.process_time() * 1000


def bare(end: Mark) -> None:
    """The smallest window Kivy can show."""
    import kivy

    assert kivy.__version__
    end("kivy")
    from kivy.core.window import Window

    end("window")
    from kivy.app import App
    from kivy.uix.label import Label

    end("imports")
    app = App()
    app.build = lambda: Label(text="hello")
    end("opened")
    _draw(app, Window)
    end("frame")


def ours(folder: Path, end: Mark) -> None:
    """Fieldfare on a folder, as `mobile.main.load` opens it."""
    from mobile import main

    main.prepare()
    end("kivy")
    from kivy.core.window import Window

    end("window")
    from mobile.app import FieldfareApp

    end("imports")
    app = FieldfareApp(folder, talks=False)
    end("opened")
    _draw(app, Window)
    end("frame")
    assert app.root.page is not None


def _draw(app: Any, window: Any) -> None:
    """Up to the first frame that is on the screen."""
    from kivy.base import EventLoop, runTouchApp
    from kivy.graphics.opengl import glFinish

    window.bind(on_flip=lambda *_: glFinish())
    app._run_prepare()
    runTouchApp(embedded=True)
    EventLoop.idle()


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / KB
    return 0.0


if __name__ == "__main__":
    phases = Phases(float(sys.argv[3]))
    phases.end("python")
    if sys.argv[1] == "bare":
        bare(phases.end)
    else:
        ours(Path(sys.argv[2]), phases.end)
    print(json.dumps({"wall": phases.wall, "cpu": phases.cpu, "peak_mb": _peak_mb()}))
