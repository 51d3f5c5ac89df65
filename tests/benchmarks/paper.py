"""One process that prints a report of two pages with four photos: its figures, as JSON."""

import json
import sys
import time
from pathlib import Path
from typing import Final

MS: Final = 1000
MB: Final = 1000


def main() -> None:
    """Print the figures: of the language and as often as the arguments say."""
    start = time.process_time()
    from shared.papers.press import Press
    from shared.papers.report import report

    imported = time.process_time()
    from tests.papers import visit

    content = visit.signed("zh" if sys.argv[1] == "zh" else "en")
    before = _peak_mb()
    peak, runs, size, pages = 0.0, [], 0, 0
    for _ in range(int(sys.argv[2]) + 1):
        begun = time.process_time()
        press = Press(visit.FONTS)
        draft = report(content, press.faces())
        size, pages = len(press.print(draft)), len(draft.pages)
        runs.append((time.process_time() - begun) * MS)
        peak = peak or _peak_mb()
    told = {
        "imports_ms": (imported - start) * MS,
        "first_ms": runs[0],
        "next_ms": min(runs[1:]),
        "over_mb": peak - before,
        "peak_mb": peak,
        "kb": size / 1000,
        "pages": pages,
    }
    print(json.dumps(told))


def _peak_mb() -> float:
    """The most memory this process has had so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in status.splitlines() if "VmHWM" in row) / MB


if __name__ == "__main__":
    main()
