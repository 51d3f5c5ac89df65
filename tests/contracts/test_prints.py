"""Streams are compared alike in memory, on SQLite and on PostgreSQL."""

from sync.digest import row_sums, total
from sync.prints import bucket_of, differing, summed
from tests.world import Server, World

CATALOG = "catalog"


def test_the_prints_of_a_stream_are_those_of_the_rows_that_are_sent(server: Server) -> None:
    World(server)
    with server.reading() as library:
        end = library.heads({CATALOG})[CATALOG]
        rows = [row for _, row in library.pages([(CATALOG, 0)], 10**6)[CATALOG].rows]
        prints = {(row.table, row.id): row_sums(row.table, row.id, bytes(row.body)) for row in rows}
        for bits in (0, 3):
            sums = library.bucket_sums(CATALOG, bits)
            assert differing(summed(prints.values(), bits), sums) == []
            assert total(sums.values()) == end.sums
        buckets = {bucket_of(one, 3) for one in prints.values()}
        wanted = sorted(buckets)[:2]
        found = library.prints_in(CATALOG, 3, wanted)
        assert found == [(one, key) for key, one in prints.items() if bucket_of(one, 3) in wanted]
        keys = [key for _, key in found]
        assert library.rows_of(CATALOG, keys) == [
            row for row in rows if (row.table, row.id) in keys
        ]
        assert library.rows_of(CATALOG, []) == []
        assert library.bucket_sums("nothing", 3) == {}
