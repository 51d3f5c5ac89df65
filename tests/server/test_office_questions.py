"""The office's questions are answered by both databases, also page by page and of nothing."""

from sqlalchemy import Engine, insert

from server.database import reading, writing
from server.queries import Window, board, dossier, exceptions, warehouse
from server.tables import METADATA
from shared.parts import SUPPLIER

FIRST, NEXT = Window(limit=5), Window(limit=5, after=(7, "x"))
BY_TEXT = Window(limit=5, after=("P-1", "x"))
DAY = "2026-11-23"
TABLES = METADATA.tables


def stocked(engine: Engine) -> None:
    """A store with one part, which came from the supplier in two goes."""
    part = {"id": "p", "version": 1, "number": "P-1", "en": "Belt", "zh": "皮带", "type": "generic"}
    store = {"id": "s", "version": 1, "code": "WH1", "en": "Store", "zh": "库", "type": "warehouse"}
    moved = {"version": 1, "op_id": "o", "part_id": "p", "target_id": "s"}
    with writing(engine) as books:
        more = {"unit": "piece", "serialised": False, "barcode": ""}
        books.execute(insert(TABLES["part"]).values(**part, **more))
        books.execute(insert(TABLES["location"]).values(**store))
        books.execute(
            insert(TABLES["balance"]).values(
                id="b", version=1, location_id="s", part_id="p", amount=5_000
            )
        )
        for place, amount in enumerate((2_000, 3_000)):
            row = {"id": f"m{place}", "source_id": SUPPLIER, "at": place, **moved}
            books.execute(insert(TABLES["movement"]).values(**row, amount=amount))


def test_an_empty_office_has_an_answer_to_every_question(engine: Engine) -> None:
    with reading(engine) as books:
        assert board.technicians(books) == board.visits(books, DAY) == board.dated(books, DAY) == []
        assert board.unassigned(books) == board.undated(books) == []
        assert board.counts(books) == {"unassigned": 0, "undated": 0}
        assert board.loads(books) == {}
        assert board.held(books, ["o"]) == board.owners(books, ["d"]) == {}
        assert board.acquainted(books, "a") == board.heard_of(books) == {}
        assert board.carried(books, ["p"], ["v"]) == {}
        assert dossier.job(books, "WO-1") is dossier.visit(books, "v") is None
        assert dossier.told(books, ("work_order", "o"), "s") == dossier.holders(books, "o") == []
        assert dossier.names(books, {"p"}) == {}
        assert not dossier.is_said(books, "o")
        assert exceptions.counts(books, hears=True) == {"conflicts": 0, "waiting": 0, "tasks": 0}
        assert exceptions.conflict(books, "c") is exceptions.task(books, "t") is None
        assert exceptions.about(books, ("work_order", "o")) is None
        assert exceptions.about(books, ("site", "s")) is None
        assert exceptions.about(books, ("location", "l")) is None
        assert exceptions.task_counts(books, hears=True) == {}
        assert exceptions.set_aside(books, "o") is None
        assert exceptions.id_of(books, "ticket", "T-1") is None
        assert exceptions.behind(books, {"incarnation": "i", "lseq": None}) == 0
        few = exceptions.Wanted(hears=False, code="recount", roles=("warehouse",))
        for window, wanted in ((FIRST, few), (NEXT, exceptions.Wanted(hears=True))):
            assert exceptions.tasks(books, window, wanted).items == []


def test_stock_is_told_by_place_and_movements_run_back_from_what_there_is(engine: Engine) -> None:
    stocked(engine)
    with reading(engine) as books:
        (place,) = warehouse.places(books)
        assert (place["lines"], place["short"], place["recount"]) == (1, 0, 0)
        lines = warehouse.lines(books, FIRST, place="s", q="皮", short=False).items
        assert [(one["number"], one["quantity"], one["recount"]) for one in lines] == [
            ("P-1", "5", False)
        ]
        assert warehouse.lines(books, BY_TEXT, place="s", q=None, short=True).items == []
        newest = warehouse.movements(books, Window(limit=1), part="p", place="s")
        assert [(one["source"], one["quantity"], one["left"]) for one in newest.items] == [
            ("supplier", "3", "5")
        ]
        older = Window(limit=1, after=(1, "m1"))
        then = warehouse.movements(books, older, part="p", place="s").items
        assert [(one["quantity"], one["left"]) for one in then] == [("2", "2")]
        assert len(warehouse.movements(books, FIRST, part=None, place="s").items) == 2
        known = warehouse.part(books, "P-1")
        assert known is not None
        assert [one["code"] for one in known["held"]] == ["WH1"]
        assert [one["id"] for one in warehouse.find_parts(books, "belt")] == ["p"]
        assert warehouse.amount(books, "s", "p") == 5_000
        by_code, by_id = (warehouse.place(books, one) for one in ("WH1", "s"))
        assert by_code == by_id is not None
