"""The papers tell today's truth: their tables are the code's, their examples read, snippets run."""

import hashlib
import importlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import fieldfare
from server import auditor, problems, settings, tally
from server.api import ROUTES
from server.looks import Look
from server.queries import troubles
from shared.audit import Leaf, includes, leaf_bytes, leaf_hash
from shared.canonical import canonical
from shared.clock import At
from shared.document import code_of, hash_of, read, write
from shared.errors import FLAGS, REFUSALS
from shared.fields import FIELDS
from shared.ids import fingerprint
from shared.ink import Ink, ink_hash
from shared.kinds import REGISTRY
from shared.ops import FINAL, Op, Stamp, Verdict, decode, encode as encode_op
from shared.records import STREAM_PREFIX
from shared.seal import seal_of, sealed as parts_of
from shared.sign_off import TakeArgs
from sync.digest import vector_hash
from sync.enrolment import (
    Access,
    Challenge,
    Enrolled,
    Introduction,
    Nonce,
    Wiped,
    token_text,
    wiped_text,
)
from sync.protocol import Page, Reply, Request, Result, WireOp, decode_reply, decode_request

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAPERS = [ROOT / "README.md", ROOT / "docs" / "protocol.md", *DECISIONS]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title: str, paper: str = PROTOCOL) -> str:
    """The text under a heading, up to the next one of its level or above."""
    level = next(mark for mark in ("## ", "### ") if f"\n{mark}{title}\n" in paper)
    rest = paper.split(f"\n{level}{title}\n")[1]
    return re.split(r"^#{2," + str(len(level) - 1) + r"} ", rest, flags=re.MULTILINE)[0]


def cells(text: str) -> list[list[str]]:
    """The cells of every table row in a text, without heads and rules."""
    lines = text.splitlines()
    rules = {number for number, line in enumerate(lines) if line.startswith("|---")}
    heads = {number - 1 for number in rules}
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for number, line in enumerate(lines)
        if line.startswith("|") and number not in rules | heads
    ]


def codes(cell: str) -> list[str]:
    """The names in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def first_codes(text: str) -> list[str]:
    """The names that the tables of a text are about."""
    return [code for row in cells(text) for code in codes(row[0])]


def snippets(language: str) -> list[str]:
    return [text for found, text in FENCE.findall(PROTOCOL) if found == language]


def example(*names: str) -> bytes:
    """The first JSON example that is an object with these fields."""
    for text in snippets("json"):
        told = json.loads(text)
        if isinstance(told, dict) and set(names) <= told.keys():
            return text.encode()
    raise LookupError(names)


# Tables


def test_every_verdict_code_and_flag_is_told_once_and_no_other() -> None:
    verdicts = cells(section("Verdicts").split("### ")[0])
    told = {codes(row[0])[0]: row[1] for row in verdicts}
    assert told == {one: "yes" if one in FINAL else "no" for one in Verdict}
    assert sorted(first_codes(section("Refusal codes"))) == sorted(REFUSALS)
    assert sorted(first_codes(section("Flags"))) == sorted(FLAGS)


def test_every_problem_is_told_with_its_status() -> None:
    told = {code: int(row[1]) for row in cells(section("Problems")) for code in codes(row[0])}
    assert told == dict(problems.STATUS)


def test_every_kind_is_told_with_its_class_subjects_and_arguments() -> None:
    told = [
        (codes(name)[0], cls, on, phone == "yes", tuple(codes(args)))
        for name, cls, on, phone, args in cells(section("Kinds"))
    ]
    assert sorted(told) == sorted(
        (one.name, one.cls, ", ".join(sorted(one.nouns)), one.device, one.args.__struct_fields__)
        for one in REGISTRY.kinds.values()
    )
    assert "today all are 1" not in PROTOCOL or {k.version for k in REGISTRY.kinds.values()} == {1}


def test_the_merge_policy_is_that_of_the_code() -> None:
    told = {codes(row[0])[0]: (row[1], row[2]) for row in cells(section("What wins")) if row[2:]}
    assert told == {name: (field.noun, field.wins) for name, field in FIELDS.items()}


def routes() -> Iterator[tuple[str, str, str]]:
    for route in ROUTES:
        intent = route.opt["intent"]
        bearer = "none" if intent == "public" else route.opt.get("bearer", "session")
        for path in route.paths:
            plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
            for method in route.http_methods - {"OPTIONS", "HEAD"}:
                yield (f"{method} {plain}", bearer, intent)


def test_every_route_is_told_with_who_may() -> None:
    told = [(codes(row[0])[0], row[1], codes(row[2])[0]) for row in cells(section("Routes"))]
    assert sorted(told) == sorted(routes())


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("The op", (Op,)),
        ("One round trip", (Request, Reply, Result, Page)),
        ("Time", (At,)),
    ],
)
def test_every_field_of_a_message_is_told(title: str, kinds: tuple[Any, ...]) -> None:
    told = sorted(first_codes(section(title).split("### ")[0]))
    assert told == sorted(name for kind in kinds for name in kind.__struct_fields__)


def test_the_parts_of_an_op_are_told_where_they_are_used() -> None:
    text = section("The op")
    names = {*WireOp.__struct_fields__, *Stamp.__struct_fields__, *At.__struct_fields__}
    assert sorted(name for name in names if name not in text) == []
    assert [name for name in Leaf.__struct_fields__ if f"`{name}`" not in PROTOCOL] == []


def test_every_kind_of_stream_is_told() -> None:
    told = {code.partition(":")[0] for code in first_codes(section("Streams"))}
    assert told == set(STREAM_PREFIX.values())


def test_every_fault_the_auditor_finds_is_told() -> None:
    sources = [Path(str(one.__file__)).read_text(encoding="utf-8") for one in (auditor, tally)]
    source = "".join(sources)
    words = "leaf|op|body|tree|head|key|signature|epoch|row|feed|stream"
    ends = "missing|unreadable|changed|differs|unknown|wrong"
    named = set(re.findall(rf'"((?:{words})_(?:{ends}))"', source))
    told = set(re.findall(rf"`((?:{words})_(?:{ends}))`", section("The audit log")))
    assert told == named


def test_every_event_the_server_notes_is_told() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "server").rglob("*.py")]
    named = re.findall(r'(?:event\(|Event\(kind=)\s*"([a-z_.]+)"', "".join(sources))
    told = codes(section("The audit log").split("\n\n")[0])
    assert sorted({*told} - {"n"}) == sorted({*named, *get_args(Look), *troubles.KINDS})


def test_a_limit_is_what_the_code_says() -> None:
    for name, value, _ in cells(section("Limits")):
        module, _, attribute = codes(name)[0].rpartition(".")
        place: Any = settings.Limits()
        if not module.endswith("Limits"):
            place = importlib.import_module(module)
        assert (name, getattr(place, attribute)) == (name, int(value.replace(" ", "")))


def test_every_setting_is_told() -> None:
    told = {code for code in first_codes(section("Settings", README)) if not code.isdigit()}
    assert told == set(settings.Settings.__struct_fields__)


def test_every_exit_code_is_told() -> None:
    names = ("DONE", "BROKEN", "USAGE", "REFUSED", "UNREACHABLE", "PERSON_NEEDED")
    ours = {getattr(fieldfare, name) for name in names}
    rows = cells(section("Settings", README))
    told = {int(row[0]) for row in rows if row[0].isdigit()}
    assert told == ours
    assert {int(code) for code in re.findall(r"\b(\d) ", fieldfare.__doc__ or "")} == ours


# Examples


def test_the_example_of_an_op_is_one() -> None:
    wire = msgspec.json.decode(example("lseq", "body"), type=WireOp)
    op = decode(wire.body)
    assert (op.id, encode_op(op)) == (wire.id, wire.body)
    assert f"`{fingerprint(wire.body)}`" in section("The op")
    assert json.loads(example("salt", "args")) == json.loads(wire.body)
    REGISTRY.args(op.kind, op.args)


def test_the_examples_at_the_door_are_what_is_said_there() -> None:
    texts = [text for found, text in FENCE.findall(section("Coming in")) if found == "json"]
    kinds = (Introduction, Enrolled, Challenge, Nonce, Challenge, Access, Wiped)
    told = [msgspec.json.decode(text, type=kind) for text, kind in zip(texts, kinds, strict=True)]
    assert [msgspec.to_builtins(one) for one in told] == [json.loads(text) for text in texts]
    assert token_text("<device>", "<nonce>") in section("Coming in")
    assert wiped_text("<device>", "<order>") in section("Coming in")


def test_the_examples_of_a_round_trip_belong_together() -> None:
    request = decode_request(example("incarnation", "ops"))
    reply = decode_reply(example("server_epoch", "results"))
    assert [(one.lseq, one.id) for one in reply.results] == [(o.lseq, o.id) for o in request.ops]
    assert [decode(one.body).id for one in request.ops] == [one.id for one in request.ops]
    first, second = request.ops
    assert decode(second.body).prev == fingerprint(first.body)
    cursors = {stream: seq for stream, seq in request.cursors.items() if seq is not None}
    assert vector_hash(reply.server_epoch, cursors) == request.vector
    (page,) = reply.streams
    assert cursors[page.stream] == page.since
    for row in page.rows:
        assert json.loads(bytes(row.body))["id"] == row.id


def test_the_example_of_a_proof_proves() -> None:
    told = json.loads(example("leaf", "path"))
    data = told["leaf"].encode()
    assert leaf_bytes(msgspec.json.decode(data, type=Leaf)) == data
    head = (told["head"]["size"], bytes.fromhex(told["head"]["root"]))
    path = [bytes.fromhex(step) for step in told["path"]]
    assert includes(leaf_hash(data), told["number"], path, head)
    wire = msgspec.json.decode(example("lseq", "body"), type=WireOp)
    assert hashlib.sha256(wire.body.encode()).hexdigest() == json.loads(data)["fingerprint"]


def test_the_example_of_a_seal_is_one() -> None:
    told = section("What is signed")
    text, ink, sealed = (found.strip() for kind, found in FENCE.findall(told) if kind == "json")
    assert write(read(text)) == text
    assert f"`{hash_of(text)}`" in told
    assert f"`{code_of(hash_of(text))}`" in told
    drawn = msgspec.json.decode(ink, type=Ink)
    said = json.loads(sealed)
    args = TakeArgs(
        purpose="visit",
        document=text,
        shown_hash=hash_of(text),
        seal="",
        signed_at=said["signed_at"],
        app=said["app"],
        signer=said["signer"],
        signer_role=said["role"],
        ink=drawn,
    )
    assert (said["strokes"], said["technician_strokes"]) == (ink_hash(drawn), "")
    assert canonical(parts_of(args, said["technician"])).decode() == sealed
    assert f"`{seal_of(args, said['technician'])}`" in told


def test_the_example_of_a_problem_is_one() -> None:
    told = msgspec.json.decode(example("type", "title"), type=problems.ProblemDocument)
    assert (told.type, told.status) == (
        f"{problems.TYPE_PREFIX}{told.code}",
        problems.STATUS[told.code],
    )


def test_a_stranger_can_run_every_snippet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fieldfare.main(["init", "--data", str(tmp_path / "office")]) == 0
    capsys.readouterr()
    assert fieldfare.main(["audit", "export", "--data", str(tmp_path / "office")]) == 0
    (tmp_path / "export.json").write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / "proof.json").write_bytes(example("leaf", "path"))
    rows = next(text for text in snippets("json") if text.startswith("["))
    (tmp_path / "rows.json").write_text(rows, encoding="utf-8")
    ran = [
        subprocess.run([sys.executable, "-c", text], cwd=tmp_path, check=True, capture_output=True)
        for text in snippets("python")
    ]
    assert [one.stdout.decode() for one in ran if one.stdout] == [
        "21 leaves, 1 heads: all in agreement\n"
    ]


# Names


def the_line() -> Iterator[tuple[str, str]]:
    for line in section("The Line", README).splitlines():
        found = re.match(r"\s*(?:\d+ \w+)?\s+([\w/]+\.py)\s+([\w.]+(?:, [\w.]+)*)", line)
        if found:
            yield from ((found[1], name) for name in found[2].split(", "))


def test_every_name_in_the_line_exists() -> None:
    line = list(the_line())
    assert len(line) == len(re.findall(r"\.py\s", section("The Line", README))) + 1
    for path, names in line:
        place: Any = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        for name in names.split("."):
            place = getattr(place, name, None)
            assert place is not None, f"{path}: {names}"


def test_every_command_in_the_readme_is_one() -> None:
    said = re.findall(r"^fieldfare .*$", README, re.MULTILINE)
    parser = fieldfare._parser()
    assert said
    for line in said:
        assert callable(parser.parse_args(shlex.split(line)[1:]).run), line


def test_every_make_target_is_told() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    told = [code.removeprefix("make ") for code in first_codes(section("Rooms", README))]
    assert sorted(phony.split()) == sorted(one for one in told if one in phony.split())
    for target in ("demo", "test"):
        assert f"\n```\nmake {target}\n```\n" in README


def test_every_test_a_paper_names_exists() -> None:
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:def )?(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = {name for paper in PAPERS for name in re.findall(r"`(test_\w+)`", paper.read_text())}
    assert named
    assert sorted(named - tests) == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_file_a_paper_names_is_there(paper: Path) -> None:
    named = re.findall(r"`((?:\w+/)+\w*(?:\.\w+)?)`", paper.read_text(encoding="utf-8"))
    elsewhere = ("application", "keys", "var")  # a media type, a data folder's, made by commands
    ours = [one for one in named if one.split("/")[0] not in elsewhere]
    assert [one for one in ours if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.name)
def test_a_decision_is_one_page_with_its_three_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.fullmatch(r"# (\d{4}) .+", text.splitlines()[0])
    assert text.startswith(f"# {page.name[:4]} ")
    parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]
    assert text.count("\n") <= 60


def test_decisions_are_counted_without_a_gap() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_an_inner_link_leads_to_a_heading() -> None:
    for paper in PAPERS:
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([\w-]+)\)", paper.read_text()):
            text = (paper.parent / target if target else paper).read_text(encoding="utf-8")
            heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}
            assert anchor in slugs, f"{paper.name}: #{anchor}"
