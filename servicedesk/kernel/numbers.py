"""Numbers that people see: drawn from one series, gaps allowed, none used twice."""

from servicedesk.kernel.sql import Sql

TICKET_SERIES = "ticket_number"


async def next_number(sql: Sql, series: str) -> int:
    """Draw the next number. On SQLite the series' row is locked by the one writer anyway."""
    if sql.on_sqlite:
        row = await sql.fetch_one(
            "UPDATE number_series SET drawn = drawn + 1 WHERE name = $1 RETURNING drawn AS number",
            series,
        )
    else:
        row = await sql.fetch_one("SELECT nextval($1::text::regclass) AS number", series)
    if row is None:
        raise LookupError(f"There is no number series {series!r}: run `servicedesk migrate`.")
    return int(row["number"])
