"""What the desk writes to its own users by mail, in their language and time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from servicedesk.desk.notices import Notice
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import Address
from servicedesk.domain.plain import one_line
from servicedesk.kernel.sql import Row, Sql, as_uuid
from servicedesk.sla.escalations import is_moot, lock_escalation
from servicedesk.sla.promises import Metric

LONGEST_SUBJECT = 200
METRICS = {
    "en": {
        Metric.FIRST_REPLY: "first reply",
        Metric.NEXT_REPLY: "next reply",
        Metric.PERIODIC_UPDATE: "periodic update",
        Metric.PAUSABLE_UPDATE: "pausable update",
        Metric.REQUESTER_WAIT: "requester wait",
        Metric.AGENT_WORK: "agent work",
        Metric.TOTAL_RESOLUTION: "total resolution",
        Metric.TIME_TO_ANSWER: "time to answer",
    },
    "zh-CN": {
        Metric.FIRST_REPLY: "首次回复",
        Metric.NEXT_REPLY: "后续回复",
        Metric.PERIODIC_UPDATE: "定期更新",
        Metric.PAUSABLE_UPDATE: "可暂停的定期更新",
        Metric.REQUESTER_WAIT: "客户等待",
        Metric.AGENT_WORK: "坐席处理",
        Metric.TOTAL_RESOLUTION: "总解决时间",
        Metric.TIME_TO_ANSWER: "应答时间",
    },
}
SUBJECTS = {
    "en": "Ticket {number}: {metric} due {due}",
    "zh-CN": "服务单 {number}：{metric}，到期时间 {due}",
}
TEXTS = {
    "en": (
        "Hello {name},\n\n"
        "ticket {number} ({subject}) needs somebody: {metric}, due {due} ({zone}).\n\n"
        "{link}\n\n"
        "Take it up in the console, so that nobody else is called. Answers to this mail are read "
        "by nobody.\n"
    ),
    "zh-CN": (
        "{name}，您好：\n\n"
        "服务单 {number}（{subject}）需要处理：{metric}，到期时间 {due}（{zone}）。\n\n"
        "{link}\n\n"
        "请在控制台中确认，系统将不再呼叫其他人。请勿回复此邮件。\n"
    ),
}


@dataclass(frozen=True, slots=True)
class NoticeMail:
    """One mail to a user; it goes out by the inbox of the ticket."""

    notice_id: UUID
    ticket_id: TicketId
    inbox_id: UUID
    to: Address
    subject: str
    text: str


async def write_notice(sql: Sql, notice: Notice, public_url: str) -> NoticeMail | None:
    """Return the mail; None once nobody needs it: the user left, the clock ended, or somebody has
    taken it up."""
    escalation = await lock_escalation(sql, UUID(str(notice.arguments["escalation_id"])))
    if escalation.is_over or await is_moot(sql, escalation):
        return None
    row = await sql.fetch_one(
        "SELECT u.name, u.email, u.locale, u.time_zone, t.id, t.number, t.subject, t.inbox_id "
        "FROM app_user u CROSS JOIN ticket t WHERE u.id = $1 AND u.active AND t.id = $2",
        notice.user_id,
        notice.ticket_id,
    )
    return None if row is None else _mail(notice, row, public_url)


def _mail(notice: Notice, row: Row, public_url: str) -> NoticeMail:
    locale = row["locale"] if row["locale"] in TEXTS else "en"
    words = _words(notice.arguments, row, locale, public_url)
    return NoticeMail(
        notice_id=notice.id,
        ticket_id=TicketId(as_uuid(row["id"])),
        inbox_id=as_uuid(row["inbox_id"]),
        to=Address(row["email"], row["name"]),
        subject=SUBJECTS[locale].format(**words),
        text=TEXTS[locale].format(**words),
    )


def _words(
    arguments: Mapping[str, Any], row: Row, locale: str, public_url: str
) -> dict[str, object]:
    zone = ZoneInfo(row["time_zone"])
    due_at = datetime.fromisoformat(arguments["due_at"]).astimezone(zone)
    return {
        "name": row["name"],
        "number": row["number"],
        "subject": one_line(row["subject"], LONGEST_SUBJECT),
        "metric": METRICS[locale][Metric(arguments["metric"])],
        "due": f"{due_at:%Y-%m-%d %H:%M}",
        "zone": row["time_zone"],
        "link": f"{public_url.rstrip('/')}/tickets/{as_uuid(row['id'])}",
    }
