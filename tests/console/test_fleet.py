"""The fleet: the worst phone first, what each holds, what was odd about it, and who is silent."""

from msgspec import structs

from server.queries.fleet import Watch, fleet_counts
from server.queries.troubles import BRANCHED, DAMAGE, DISTRUST, FORK, GAP, TEAR, UNLINKED
from shared.ids import derive
from tests.console.house import HOUR_MS, Console, Visitor

HONOR = derive("console test", "Honor X50")


def names(visitor: Visitor, query: str = "") -> list[str]:
    """The phones of a page of the fleet, from the top down."""
    known = ("Honor X50", "Huawei nova 11", "Redmi Note 12", "OPPO A98")
    rows = visitor.get(f"/phones{query}").page.by_id("fleet").all("tr")[1:]
    return [one for row in rows for one in known if one in row.text]


def holds(console: Console, **columns: int) -> None:
    """What the Honor said of itself when it was last heard."""
    with console.office.writing() as books:
        for name, value in columns.items():
            told = f"UPDATE device SET {name} = ? WHERE id = ?"
            books.exec_driver_sql(told, (value, HONOR))


def happened(console: Console, kind: str, **facts: object) -> None:
    """Something odd about the Honor is written down."""
    with console.office.writing() as books:
        event = console.office.event(kind, None, ("device", HONOR), facts)
        console.office.ledger(books).note_event(event)


def test_a_silent_phone_that_holds_something_comes_first(new_console: Console) -> None:
    visitor = new_console.visitor()
    assert names(visitor) == ["Huawei nova 11", "Redmi Note 12", "Honor X50"]
    holds(new_console, contact_at=new_console.now_ms - 26 * HOUR_MS)
    assert names(visitor) == ["Huawei nova 11", "Honor X50", "Redmi Note 12"]
    holds(new_console, unsent_files=5, unsent_bytes=12_400_000)
    assert names(visitor) == ["Honor X50", "Huawei nova 11", "Redmi Note 12"]
    assert "5 · 12.4 MB" in visitor.get("/phones").text


def test_the_start_page_names_a_silent_phone_that_holds_only_files(new_console: Console) -> None:
    visitor = new_console.visitor()
    past = new_console.now_ms - 26 * HOUR_MS
    holds(new_console, contact_at=past, unsent=0, unsent_files=5)
    told = visitor.get("/").page.by_id(f"need-phones-{HONOR}").text
    assert "5 files unsent" in told
    assert "Silent 1 d" in told


def test_a_phone_is_silent_after_the_hours_that_are_set(new_console: Console) -> None:
    visitor = new_console.visitor()
    assert names(visitor, "?show=silent") == ["Huawei nova 11"]
    assert "Silent for 4 h or more" in visitor.get("/phones").text
    settings = new_console.office.settings
    longer = structs.replace(settings, limits=structs.replace(settings.limits, silent_hours=6))
    patient = structs.replace(new_console.office, settings=longer)
    watch = Watch(silent_since=patient.silent_since, troubled_since=0)
    with patient.reading() as books:
        assert fleet_counts(books, watch)["n_silent"] == 0


def test_what_was_odd_about_a_phone_is_told_with_it_in_words(new_console: Console) -> None:
    visitor = new_console.visitor()
    assert "Nothing: no copy, no gap" in visitor.get(f"/phones/{HONOR}").text
    for kind, facts in ((FORK, {}), (GAP, {"missing": 3}), (TEAR, {})):
        happened(new_console, kind, **facts)
        new_console.now_ms += 1
    told = visitor.get(f"/phones/{HONOR}").page.by_id("odd").text
    titles = ("Rows disagreed", "Entries are missing", "Copied or restored")
    assert [told.index(one) for one in titles] == sorted(told.index(one) for one in titles)
    assert "3 entries before later ones never came" in told
    assert "3 oddities" in visitor.get("/phones").text
    chinese = new_console.visitor(language="zh").get(f"/phones/{HONOR}").text
    assert "有 3 条从未到达" in chinese


def test_a_phone_with_something_odd_needs_a_person_for_a_week(new_console: Console) -> None:
    visitor = new_console.visitor()
    happened(new_console, GAP, missing=1)
    assert names(visitor, "?show=troubled") == ["Honor X50"]
    assert "Honor X50" in names(visitor, "?show=attention")
    assert names(visitor, "?show=silent") == ["Huawei nova 11"]


def test_what_was_odd_long_ago_is_only_told_with_the_phone(new_console: Console) -> None:
    visitor, now = new_console.visitor(), new_console.now_ms
    new_console.now_ms = now - 8 * 24 * HOUR_MS
    happened(new_console, GAP, missing=1)
    new_console.now_ms = now
    assert names(visitor, "?show=troubled") == []
    assert "1 entry before later ones never came" in visitor.get(f"/phones/{HONOR}").text


def test_a_filter_keeps_what_is_looked_for(new_console: Console) -> None:
    page = new_console.visitor().get("/phones?q=nova").page
    links = [one["href"] for one in page.by_id("fleet").all("a")]
    assert "/phones?show=silent&q=nova" in links
    assert names(new_console.visitor(), "?show=silent&q=nova") == ["Huawei nova 11"]
    assert names(new_console.visitor(), "?show=silent&q=honor") == []


def differed(console: Console, stream: str, what: str | None, rows: int = 0) -> None:
    """The Honor found something wrong with its copy."""
    console.now_ms += 1
    found = (HONOR, stream, console.now_ms - HOUR_MS, console.now_ms - 2 * HOUR_MS, what, rows)
    with console.office.writing() as books:
        books.exec_driver_sql("INSERT INTO divergence VALUES (?, ?, ?, ?, ?, ?)", found)


def test_it_is_told_when_a_phone_last_agreed_and_what_differed(new_console: Console) -> None:
    visitor = new_console.visitor()
    before = visitor.get(f"/phones/{HONOR}").page.by_id("copy").text
    assert "Not known yet" in before
    assert "Nothing differed." in before
    holds(new_console, agreed_at=new_console.now_ms, examined_at=new_console.now_ms - HOUR_MS)
    for stream, what, rows in (
        ("catalog", "replaced", 3),
        ("site:x", None, 0),
        ("", "file_damaged", 0),
        ("future:x", "of tomorrow", 0),
        ("", "log_shrunk", 0),
    ):
        differed(new_console, stream, what, rows)
    told = visitor.get(f"/phones/{HONOR}").page.by_id("copy").text
    for words in (
        *("The catalogue", "3 rows were fetched again.", "Equal before that:"),
        *("A site", "It is being compared."),
        *("All of it", "The file itself is damaged."),
        *("Its app is newer than this server", "The audit log", "shorter than before"),
    ):
        assert words in told
    assert "Not known yet" not in told
    chinese = new_console.visitor(language="zh").get(f"/phones/{HONOR}").page.by_id("copy").text
    assert "已补取 3 条数据。" in chinese


def test_a_broken_chain_and_a_log_that_is_not_believed_are_told_in_words(
    new_console: Console,
) -> None:
    for kind, facts in (
        (UNLINKED, {"count": 2}),
        (BRANCHED, {"count": 1}),
        (DISTRUST, {"what": "log_shrunk"}),
        (DAMAGE, {}),
    ):
        happened(new_console, kind, **facts)
        new_console.now_ms += 1
    told = new_console.visitor().get(f"/phones/{HONOR}").page.by_id("odd").text
    for words in (
        "2 entries name others as recorded before them that never came",
        "1 entry goes on from where another one went on already",
        "It does not believe this server's log",
        "Have a rescue file made on it before anything else.",
    ):
        assert words in told
    chinese = new_console.visitor(language="zh").get(f"/phones/{HONOR}").page.by_id("odd").text
    assert "有 2 条记录所接的上一条从未到达" in chinese
