"""Set-based copies of rows, and chance that comes out the same every time."""

import zlib
from contextlib import contextmanager

from odoo.tools import SQL


def copy_rows(cr, table, source, order, **values):
    """Insert into ``table`` what ``model`` has, an alias in ``source``, with other ``values``.

    :param SQL source: what follows FROM
    :param SQL order: in which the rows are stored
    :param SQL values: expression per column that is not simply copied
    """
    cr.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    columns = [column for (column,) in cr.fetchall()]
    unknown = values.keys() - set(columns)
    if unknown:
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s ORDER BY %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(
                values.get(column, SQL.identifier("model", column)) for column in columns
            ),
            source,
            order,
        )
    )


@contextmanager
def without_indexes(cr, *tables):
    """Take away what only speeds up reading, and make it anew after the block: sorting all rows
    once is several times faster than finding the place of each. Keys and unique ones stay."""
    cr.execute(
        """
        SELECT indexrelid::regclass, pg_get_indexdef(indexrelid)
          FROM pg_index
         WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique AND NOT indisreplident""",
        [list(tables)],
    )
    indexes = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(SQL("DROP INDEX %s", SQL(name)))
    yield
    for _name, definition in indexes:
        cr.execute(definition)


def dice(number, purpose):
    """A number of at least 0 that looks random, from a whole number and what it is for."""
    return SQL(
        "(hashint8extended(%s::bigint, %s) & 2147483647)", number, zlib.crc32(purpose.encode())
    )


def one_of(number, purpose, share):
    """Condition that holds for ``share`` per thousand of the numbers."""
    return SQL("(%s %% 1000 < %s)", dice(number, purpose), share)
