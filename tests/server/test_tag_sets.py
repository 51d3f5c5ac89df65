"""The words that requests are classified by come along, in both languages, and may be changed."""

from pathlib import Path

import msgspec
from msgspec import structs

from server import administration, presets, rows, settings
from server.office import TIMER, Asked
from shared.ops import SYSTEM
from shared.reception import CLASSES
from shared.tag_sets import TagSet, tag_set_id
from sync.protocol import WireOp

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SETS = [
    msgspec.convert({**one, "id": tag_set_id(one["code"])}, TagSet)
    for one in presets.tag_sets(ASSETS)
]


def test_every_set_of_the_documents_is_there_with_its_source() -> None:
    """C-14, R-CLS-02 to R-CLS-07."""
    assert [one.code for one in SETS] == [
        *("classes", "problems", "routing", "faults", "service_types", "tiers"),
    ]
    assert all(one.source.startswith("R-CLS-") for one in SETS)
    for one in SETS:
        codes = [tag.code for tag in one.tags]
        assert len(set(codes)) == len(codes)


def test_the_four_classes_have_the_words_of_the_standard() -> None:
    """R-CLS-02."""
    under = {tag.under for tag in SETS[0].tags}
    assert under == set(CLASSES)


def test_a_new_company_has_them_and_what_was_changed_stays_changed(tmp_path: Path) -> None:
    """R-CLS-17."""
    data = tmp_path / "data"
    administration.init(data, demo=None, language="zh")
    with administration.opened(settings.load({"data": data})) as office:
        with office.reading() as books:
            found = rows.fetch(books, "tag_set", "id", {one.id for one in SETS})
        assert {one.id for one in found} == {one.id for one in SETS}
        faults = next(one for one in SETS if one.code == "faults")
        retired = [msgspec.to_builtins(structs.replace(one, retired=True)) for one in faults.tags]
        row = {"code": "faults", "en": "Faults", "zh": "故障", "tags": retired}
        on = ("tag_set", tag_set_id("faults"))
        asked = Asked(id=office.fresh_id(), kind="master.put", on=on, args={"row": row})
        body = office.body(asked, SYSTEM, office.now_ms(), origin=TIMER)
        with office.writing() as books:
            said = [WireOp(lseq=0, id=asked.id, body=body)]
            (result,) = office.announce(books, said, office.now_ms())
        assert result.verdict == "applied", result
        presets.publish(office, "again")
        with office.reading() as books:
            (kept,) = rows.fetch(books, "tag_set", "id", {on[1]})
        assert isinstance(kept, TagSet)
        assert (kept.en, {one.retired for one in kept.tags}) == ("Faults", {True})
