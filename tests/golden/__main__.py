"""Writes the golden messages anew: allowed until the first tag, never after it.

python -m tests.golden
"""

from tests.golden.messages import FOLDER, written

for name, text in written().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
