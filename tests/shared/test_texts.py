"""Every code that can reach a person has words in both languages, and no input upsets them."""

import re
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from server.problems import STATUS
from server.texts import read_catalogue
from shared.alarms import CODES as ALARMS, OVER
from shared.clocks import REASONS, ClockState
from shared.errors import FLAGS, REFUSALS, Refused, refuse_value
from shared.feedback import (
    ASPECTS,
    CONFIRMATIONS,
    GRADES,
    KINDS_OF,
    STEPS as FEEDBACK_STEPS,
    TASKS as FEEDBACK_TASKS,
    TYPES,
    WAYS as FEEDBACK_WAYS,
)
from shared.fields import FIELDS, PRIORITIES
from shared.foresight_rules import SIGNS
from shared.ids import derive
from shared.kinds import REGISTRY
from shared.limits import VALUES
from shared.master import TABLES
from shared.messages import CHANNELS as MESSAGE_CHANNELS, STATES as MESSAGE_STATES, TEMPLATES
from shared.ops import Verdict
from shared.parts import OLD_PARTS, PART_TYPES
from shared.people import ROLES
from shared.policy import EVENTS, FACTS, NODES, PAUSES, Unit
from shared.return_case import STEPS, WAYS, WISHES
from shared.return_terms import PAPERS, REASONS as REASONS_OF_RETURNS
from shared.sign_off import PURPOSES, SIGNERS
from shared.texts import (
    LANGUAGES,
    WORDS,
    Catalogue,
    Language,
    Plural,
    choose_language,
    explain,
    has_text,
    parse,
    say,
)
from shared.ticket import CHANNELS, STATUSES as TICKET_STATUSES, WISHED_FOR
from shared.visit import OUTCOMES
from shared.work_order import SERVICES, STATUSES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "assets" / "texts"
TEXTS = {language: read_catalogue(FOLDER / language) for language in LANGUAGES}
ARGUMENTS = {name for kind in REGISTRY.kinds.values() for name in kind.args.__struct_fields__}
MASTER = {
    name
    for record in TABLES.values()
    for name in record.__struct_fields__
    if name not in ("id", "version")
}
COMMAND = {
    "answer_too_large",
    "app_too_old",
    "backup_altered",
    "backup_locked",
    "backup_under_way",
    "database_not_empty",
    "emptied",
    "enrol_again",
    "digits_differ",
    "file_is_gone",
    "file_is_there",
    "file_not_written",
    "files_unreachable",
    "folder_not_empty",
    "folder_shut",
    "last_administrator",
    "no_arguments",
    "no_graphics",
    "no_rescue_key",
    "no_room_for_backup",
    "no_room_for_photo",
    "no_window",
    "not_arguments",
    "not_enrolled",
    "other_lock",
    "person_exists",
    "person_unknown",
    "phone_damaged",
    "phone_missing",
    "picture_broken",
    "picture_gone",
    "picture_heic",
    "picture_none",
    "picture_too_large",
    "picture_vector",
    "rescue_not_read",
    "rescue_not_written",
    "unreachable",
    "work_waiting",
}
# What the demo company calls by these words; a house's own skills stay as it wrote them.
SKILLS = {"appliance", "compressor", "hvac", "pump"}
CLASSES = {"cold_room", "compressor", "pump", "room_ac", "vrf", "washer", "water_heater"}
NEEDED = {
    "answers": {"pass", "fail", "not_applicable"},
    "buttons": set(REGISTRY.kinds),
    "categories": set("ABCD"),
    "channels": set(CHANNELS),
    "clock_reasons": set(REASONS),
    "clock_states": set(get_args(ClockState)),
    "command": COMMAND,
    "declaration": {f"{purpose}_1" for purpose in PURPOSES},
    "feedback_aspects": set(ASPECTS),
    "feedback_confirmations": set(CONFIRMATIONS),
    "feedback_grades": set(GRADES),
    "feedback_kinds": set(KINDS_OF),
    "feedback_means": set(FEEDBACK_WAYS),
    "feedback_solved": {"yes", "no"},
    "feedback_steps": set(chain(*FEEDBACK_STEPS.values())),
    "feedback_types": set(TYPES),
    "fields": {*FIELDS, *ARGUMENTS, *MASTER, "unnamed"},
    "flags": set(FLAGS),
    "given": {"wo", "strokes"},
    "kinds": set(REGISTRY.kinds),
    "limit_calendars": {"always", "working"},
    "limit_facts": set(FACTS),
    "limit_nodes": set(NODES),
    "limit_units": set(get_args(Unit)),
    "limit_values": {"unknown", "high_tech", "daily", *chain(*VALUES.values())} - {""},
    "numbers": {"provisional"},
    "outcomes": set(OUTCOMES),
    "pause_reasons": set(PAUSES),
    "part_types": set(PART_TYPES),
    "priorities": set(PRIORITIES),
    "problems": set(STATUS),
    "product_classes": CLASSES,
    "refusals": set(REFUSALS),
    "return_bearers": {"customer", "company"},
    "return_papers": set(PAPERS),
    "return_reasons": set(REASONS_OF_RETURNS),
    "return_steps": set(STEPS),
    "return_ways": set(WAYS),
    "return_wishes": set(WISHES),
    "wishes": set(WISHED_FOR),
    "foresight_signs": set(SIGNS),
    "roles": set(ROLES),
    "services": set(SERVICES),
    "sign_ending": set(OUTCOMES),
    "sign_next": set(OUTCOMES),
    "signer_roles": set(SIGNERS),
    "skills": SKILLS,
    "statuses": {*STATUSES, *TICKET_STATUSES},
    "old_parts": set(OLD_PARTS),
    "tasks": {
        *("declined", "order_part", "plan_next_visit", "recount", "seal_diverged"),
        *("serial_twice", "unsigned_addition", "work_done_after_cancel", "not_collector"),
        *("ink_reused", "alias_twice", "orphan"),
        *FEEDBACK_TASKS,
        *ALARMS,
        "refund_due",
    },
    "ticket_events": set(EVENTS),
    "task_over": set(OVER),
    "message_channels": set(MESSAGE_CHANNELS),
    "message_states": set(MESSAGE_STATES),
    "message_templates": set(TEMPLATES),
    "verdicts": {verdict.value for verdict in Verdict},
}
SMALL = Catalogue(
    groups={
        "sync": {"waiting": Plural(one="{count} change", other="{count} changes")},
        "refusals": {"wrong_value": "{field} cannot be {reason}"},
        "statuses": {"done": "Done"},
        "flags": {"late": "stands at {status}"},
        "fields": {"serial": "Serial number", "unnamed": "This entry"},
    }
)


@pytest.mark.parametrize("group", sorted(NEEDED))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_text(language: Language, group: str) -> None:
    assert sorted(NEEDED[group] - TEXTS[language].groups[group].keys()) == []


@pytest.mark.parametrize("group", sorted(NEEDED.keys() - {"fields"}))
def test_no_text_is_left_of_a_code_that_is_gone(group: str) -> None:
    assert sorted(TEXTS["en"].groups[group].keys() - NEEDED[group]) == []


def test_every_other_text_is_said_somewhere() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for package in ("mobile", "server", "shared", "sync")
        for path in sorted((ROOT / package).rglob("*"))
        if path.suffix in {".py", ".kv", ".html"}
    )
    written = set(re.findall(r"[a-z0-9_.]+", source)) | set(re.findall(r"[a-z0-9_]+", source))
    parts = [
        *re.findall(r'f"([a-z0-9_]*)\{[^{}"]*\}([a-z0-9_]*)"', source),
        *((part, "") for part in re.findall(r'"([a-z0-9_]+_)" ~', source)),
        *(("", part) for part in re.findall(r'~ "(_[a-z0-9_]+)"', source)),
    ]
    pairs = {pair for pair in parts if any(pair)}

    def is_said(code: str) -> bool:
        return code in written or any(
            code.startswith(begin) and code.endswith(end) and len(code) > len(begin + end)
            for begin, end in pairs
        )

    silent = [
        (group, code)
        for group, texts in TEXTS["en"].groups.items()
        if group not in NEEDED
        for code in texts
        if not (is_said(code) and group in written)
    ]
    assert silent == []


def test_both_languages_have_the_same_shape() -> None:
    shapes = [
        {group: sorted(texts) for group, texts in TEXTS[language].groups.items()}
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1]


def test_chinese_uses_full_width_punctuation() -> None:
    texts = [
        text.other if isinstance(text, Plural) else text
        for group in TEXTS["zh"].groups.values()
        for text in group.values()
    ]
    spoken = [text.replace("fieldfare:1?", "") for text in texts]  # what a code begins with
    assert [text for text in spoken if set(text) & set(",;!?") or text.endswith(".")] == []


def test_a_parameter_that_is_a_code_is_said_in_words() -> None:
    assert say(SMALL, "flags", "late", {"status": "done"}) == "stands at Done"
    assert sorted(set(WORDS.values()) - TEXTS["en"].groups.keys()) == []


def test_a_count_chooses_the_form() -> None:
    assert [say(SMALL, "sync", "waiting", count=count) for count in (0, 1, 2)] == [
        "0 changes",
        "1 change",
        "2 changes",
    ]
    assert say(TEXTS["zh"], "console.frame", "shown", count=1) == "本页 1 条"


def test_a_code_without_a_text_is_shown_as_it_is() -> None:
    assert say(SMALL, "refusals", "brand_new") == "brand_new"
    assert say(SMALL, "nowhere", "brand_new") == "brand_new"
    assert not has_text(SMALL, "nowhere", "brand_new")


def test_a_missing_parameter_and_an_id_leave_an_ellipsis() -> None:
    assert say(SMALL, "flags", "late") == "stands at …"
    assert say(SMALL, "refusals", "wrong_value", {"field": "serial", "reason": derive("x")}) == (
        "Serial number cannot be …"
    )


def test_a_refusal_says_where_and_what_to_do() -> None:
    refused = refuse_value("missing_field", "args.fields.contact_phone")
    assert explain(TEXTS["en"], refused) == (
        "“Contact phone” is missing. Fill it in and save again."
    )
    assert explain(TEXTS["zh"], refused) == "“联系电话”没有填。请补填后再保存。"


def test_what_a_command_was_told_is_named_with_its_value() -> None:
    order = refuse_value("unknown_subject", "wo", value="WO-9")
    assert explain(TEXTS["en"], order).startswith("“Work order WO-9” was not found.")
    assert explain(TEXTS["zh"], order).startswith("找不到“派工单 WO-9”")
    file = refuse_value("unknown_subject", "strokes", value="ink.json")
    assert explain(TEXTS["en"], file).startswith("“The file ink.json” was not found.")


@pytest.mark.parametrize("field", [None, "args.row.nonsense"])
def test_a_refusal_without_a_known_field_still_makes_a_sentence(field: str | None) -> None:
    refused = Refused(code="missing_field", grounds="value", field=field)
    assert explain(TEXTS["en"], refused) == "“This entry” is missing. Fill it in and save again."


@pytest.mark.parametrize("field", ["items[2]", "ops[0].args.items", "items"])
def test_a_field_is_named_by_the_last_step_of_its_path(field: str) -> None:
    refused = refuse_value("missing_field", field)
    assert explain(TEXTS["en"], refused) == "“Checks” is missing. Fill it in and save again."


def test_a_field_that_nobody_knows_is_named_as_it_was_given() -> None:
    refused = refuse_value("unknown_field", "args.mood")
    assert explain(TEXTS["en"], refused).startswith("There is no entry called “mood”.")


@given(st.text())
def test_what_people_typed_is_never_taken_for_a_format(typed: str) -> None:
    said = say(SMALL, "refusals", "wrong_value", {"field": "serial", "reason": "{0.x}" + typed})
    assert said == "Serial number cannot be {0.x}" + typed


@pytest.mark.parametrize("toml", ['loose = "text"', "[a]\nb = 1", "[a]\nb = {other = 1}"])
def test_a_leaf_that_is_no_text_in_a_group_is_an_error(toml: str) -> None:
    with pytest.raises(ValueError, match="is not a text"):
        parse(toml)


def test_inner_tables_are_groups_of_their_own() -> None:
    assert parse('[a.b]\nc = "text"').groups == {"a.b": {"c": "text"}}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr-FR, zh-Hans;q=0.5, en;q=0.4", "zh"),
        ("en;q=0.1, zh", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense", "en"),
        ("zh;level=1", "zh"),
        ("de", "en"),
        ("*", "en"),
        ("ZH-tw", "zh"),
    ],
)
def test_the_language_people_like_best_is_chosen(header: str | None, language: str) -> None:
    assert choose_language(header) == language


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert choose_language(header) in LANGUAGES


def test_a_text_that_two_files_word_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"a\.b is worded twice"):
        parse('[a]\nb = "one"', '[a]\nb = "two"')


def test_texts_of_several_files_stand_together() -> None:
    assert parse('[a]\nb = "one"', '[a]\nc = "two"').groups == {"a": {"b": "one", "c": "two"}}
