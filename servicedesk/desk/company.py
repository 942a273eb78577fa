"""What the installation is called: one installation is one company."""

from servicedesk.kernel.sql import Sql, as_json

COMPANY = "company"


async def find_company(sql: Sql) -> str | None:
    """Return the company's name, None before the desk was set up."""
    row = await sql.fetch_one("SELECT value FROM setting WHERE name = $1", COMPANY)
    return None if row is None else str(as_json(row["value"])["name"])
