"""Keys are compared byte by byte on PostgreSQL, in whatever language the database is (0048)."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

# Columns of text by which rows are looked up, joined or sorted: those of indexes, and both ends of
# foreign keys. What people call somebody is none of them: it is searched by the rules of languages.
KEYS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
        AND a.attcollation <> 0 AND a.attnum > 0 AND NOT a.attisdropped
        AND (c.relname, a.attname) NOT IN (
            ('customer', 'name'), ('team', 'name'), ('price_list', 'name'))
        AND (EXISTS (SELECT 1 FROM pg_index i
                WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey::smallint[]))
            OR EXISTS (SELECT 1 FROM pg_constraint k
                WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)))
    ORDER BY c.relname, a.attnum
"""


def upgrade() -> None:
    """Each such column gets the collation of SQLite; the indexes over it are made anew."""
    books = op.get_bind()
    if books.dialect.name == "sqlite":
        return
    changes: dict[str, list[str]] = {}
    for table, column, kind in books.execute(sa.text(KEYS)):
        changes.setdefault(table, []).append(f'ALTER "{column}" TYPE {kind} COLLATE "C"')
    for table, changed in changes.items():
        op.execute(f'ALTER TABLE "{table}" {", ".join(changed)}')
