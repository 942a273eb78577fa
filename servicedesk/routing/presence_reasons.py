"""Reasons to be away: those that every desk has, as administrators changed them, and their own."""

import re
from collections.abc import Mapping, Sequence

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import Position
from servicedesk.domain.presence import AwayReason
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_dict
from servicedesk.routing.shapes import PresenceReason

BUILT_IN: Mapping[str, Mapping[str, str]] = {
    AwayReason.BREAK.value: {"en": "Break", "zh-CN": "小休"},
    AwayReason.LUNCH.value: {"en": "Lunch", "zh-CN": "午餐"},
    AwayReason.TRAINING.value: {"en": "Training", "zh-CN": "培训"},
    AwayReason.MEETING.value: {"en": "Meeting", "zh-CN": "会议"},
}
LANGUAGES = ("en", "zh-CN")
MOST_REASONS = 50
LONGEST_NAME = 60
_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")


async def load_reasons(sql: Sql) -> list[PresenceReason]:
    """Return all reasons in the order of the list that agents choose from."""
    rows = await sql.fetch(
        "SELECT code, names, active FROM presence_reason ORDER BY place, code LIMIT $1",
        MOST_REASONS,
    )
    kept = [
        PresenceReason(
            code=row["code"],
            names={**BUILT_IN.get(row["code"], {}), **as_dict(row["names"])},
            active=bool(row["active"]),
            built_in=row["code"] in BUILT_IN,
        )
        for row in rows
    ]
    missing = BUILT_IN.keys() - {reason.code for reason in kept}
    return kept + [
        PresenceReason(code=code, names=dict(names), active=True, built_in=True)
        for code, names in BUILT_IN.items()
        if code in missing
    ]


async def save_reasons(
    database: Database, actor: Actor, reasons: Sequence[PresenceReason]
) -> Position:
    """Put these reasons, in this order, in the place of all. A story.

    A built-in one that is missing comes back at the end: switch it off instead. Raises BadInput.
    """
    _check(reasons)
    async with database.work(actor) as work:
        await work.sql.execute("DELETE FROM presence_reason")
        rows = [
            {
                "id": new_id(),
                "code": reason.code,
                "names": dict(reason.names),
                "place": place,
                "active": reason.active,
                "created_at": work.now,
            }
            for place, reason in enumerate(reasons)
        ]
        if rows:
            await work.sql.insert("presence_reason", rows)
        work.record("reasons.changed", payload={"reasons": len(reasons)})
    return work.position


def _check(reasons: Sequence[PresenceReason]) -> None:
    codes = [reason.code for reason in reasons]
    if len(codes) > MOST_REASONS or len(set(codes)) < len(codes):
        raise BadInput(f"At most {MOST_REASONS} reasons fit, each with a code of its own.")
    for place, reason in enumerate(reasons):
        path = f"reasons.{place}"
        if not _CODE.fullmatch(reason.code) or reason.code == AwayReason.NOT_RESPONDING:
            raise BadInput(
                f"{reason.code!r} is no code: write small letters, digits and _, and not "
                "not_responding, which the desk sets.",
                path=f"{path}.code",
            )
        for language in LANGUAGES:
            if not 0 < len(reason.names.get(language, "").strip()) <= LONGEST_NAME:
                raise BadInput(
                    f"A reason needs a name of at most {LONGEST_NAME} characters in {language}.",
                    path=f"{path}.names.{language}",
                )
