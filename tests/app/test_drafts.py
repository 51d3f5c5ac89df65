"""What was half typed is there again, however the app ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mobile.database import Shut
from mobile.drafts import FILE, Drafts

TYPIST = """
import sys
from pathlib import Path
from mobile.drafts import Drafts
drafts = Drafts(Path(sys.argv[1]))
for count in range(1, 200):
    drafts.keep("note", "压缩机" * count)
    print(count, flush=True)
sys.stdin.read()
"""


def test_a_draft_is_kept_replaced_and_dropped(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "new")
    assert drafts.read("job/1/note") is None
    drafts.keep("job/1/note", "first")
    drafts.keep("job/1/note", "压缩机 🔧")
    drafts.keep("job/2/note", "other")
    drafts.keep("app/trail", "[]")
    assert drafts.read("job/1/note") == "压缩机 🔧"
    assert drafts.keys("job/") == ("job/1/note", "job/2/note")
    drafts.drop("job/1/note")
    assert drafts.read("job/1/note") is None
    drafts.clear("job/")
    assert drafts.keys() == ("app/trail",)
    drafts.close()


def test_what_was_typed_outlives_a_kill(tmp_path: Path) -> None:
    """C44."""
    command = [sys.executable, "-c", TYPIST, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as typist:
        assert typist.stdout is not None
        told = 0
        while told < 120:
            told = int(typist.stdout.readline())
        os.kill(typist.pid, signal.SIGKILL)
        typist.wait()
        told = int(([str(told), *typist.stdout.read().split()])[-1])
    drafts = Drafts(tmp_path)
    kept = drafts.read("note")
    drafts.close()
    assert kept is not None
    assert len(kept) // 3 in (told, told + 1)


def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 500)
    drafts = Drafts(tmp_path)
    drafts.keep("a", "b")
    assert drafts.read("a") == "b"
    drafts.close()


def test_a_folder_that_is_none_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Shut):
        Drafts(tmp_path / "file")


def test_nobody_else_may_read_drafts(tmp_path: Path) -> None:
    Drafts(tmp_path).close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
