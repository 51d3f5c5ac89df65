"""A thread never finds a record that msgspec is just looking into: the process would fall."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SERVER = """
from server.app import open_office
from server.settings import load
open_office(load({"data": folder}, None)).close()
"""
APP = """
from mobile.main import load
load(folder, talks=False)
"""
ASKED = """
import sys
from pathlib import Path
from msgspec import Struct
from msgspec.json import Decoder

folder = Path(sys.argv[1])
{begin}
looks = []

def hear(frame, event, _argument):
    if event == "call" and frame.f_code.co_name == "get_class_annotations":
        looks.append(frame)

def declared(kind):
    for one in kind.__subclasses__():
        yield one
        yield from declared(one)

class Fresh(Struct):
    one: int

sys.setprofile(hear)
Decoder(Fresh)
sys.setprofile(None)
assert looks, "a look is not heard"
ours = ("shared.", "sync.", "{own}.")
found = [one for one in declared(Struct) if one.__module__.startswith(ours)]
assert len(found) > 200
for kind in found:
    looks.clear()
    sys.setprofile(hear)
    try:
        Decoder(kind)
    except (TypeError, NameError):
        looks.clear()  # it is never decoded into
    sys.setprofile(None)
    if looks:
        print(kind)
"""


@pytest.mark.parametrize(
    ("own", "begin"), [("server", SERVER), ("mobile", APP)], ids=["server", "app"]
)
def test_all_records_are_looked_into_before_there_are_threads(
    tmp_path: Path, own: str, begin: str
) -> None:
    asked = [sys.executable, "-c", ASKED.format(begin=begin, own=own), str(tmp_path / "data")]
    env = {"SDL_VIDEODRIVER": "offscreen", "PATH": "", "HOME": str(tmp_path)}
    told = subprocess.run(asked, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout == ""
