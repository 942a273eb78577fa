"""How each kind of journal entry about mail comes about, one after the other on one ticket."""

from __future__ import annotations

from uuid import UUID

from servicedesk.desk.approve import approve
from servicedesk.desk.brakes import MOST_OF_INBOX, close_breaker
from servicedesk.desk.merge import merge
from servicedesk.desk.split import move, split
from servicedesk.desk.template_words import TemplateKind, Words
from servicedesk.desk.templates import (
    NewTemplate,
    change_template,
    create_template,
    delete_template,
    list_templates,
)
from servicedesk.domain.ids import TicketId
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_uuid
from tests.realtime.scenes import Scene
from tests.stories.company import letter, open_by_mail, post
from tests.stories.notices import bounce

WORDS = Words("We have your message", "Thank you, {{contact_name}}.", None)


async def _external_id(scene: Scene, order: str) -> str:
    row = await scene.database.sql.fetch_one(
        "SELECT external_id FROM message_reference r JOIN message m ON m.id = r.message_id "
        f"WHERE m.ticket_id = $1 ORDER BY m.seq {order} LIMIT 1",
        scene.ticket_id,
    )
    assert row is not None
    return str(row["external_id"])


async def _stranger_writes(scene: Scene, text: str = "Me too!") -> UUID:
    named = await _external_id(scene, "ASC")
    mail = letter("Re: Refund", text, sender="eve@elsewhere.example", In_Reply_To=f"<{named}>")
    arrival = await post(scene.services, scene.company.inbox, mail)
    assert arrival.message_id is not None
    return arrival.message_id


async def _approve(scene: Scene) -> None:
    message_id = await _stranger_writes(scene)
    await scene.listen()
    await approve(scene.database, scene.company.ana, message_id)


async def _move(scene: Scene) -> None:
    message_id = await _stranger_writes(scene, "For the other one.")
    other = letter("Another matter", "Hello.", sender="Kim <kim@contact.example>")
    target = await open_by_mail(scene.services, scene.company, other)
    await scene.listen()
    await move(scene.database, scene.company.ana, message_id, target)


async def _split(scene: Scene) -> None:
    message_id = await _stranger_writes(scene, "My own matter.")
    await scene.listen()
    await split(scene.database, scene.company.ana, message_id)


async def _merge(scene: Scene) -> None:
    source = await open_by_mail(scene.services, scene.company, letter("Refund again"))
    await scene.listen()
    await merge(scene.database, scene.company.ana, TicketId(source), scene.ticket_id)


async def _join_inbox(scene: Scene) -> None:
    mail = letter("To both", "Hello.")
    await post(scene.services, scene.company.inbox, mail)
    await scene.listen()
    await post(scene.services, scene.company.sales_inbox, mail)


async def _bounce(scene: Scene) -> None:
    await scene.reply(scene.company.ana)
    await scene.listen()
    named = await _external_id(scene, "DESC")
    await post(scene.services, scene.company.inbox, bounce(named, "lin@contact.example"))


async def _live_again(scene: Scene) -> None:
    named = await _external_id(scene, "ASC")
    mail = letter("Re: Refund", "I am back.", In_Reply_To=f"<{named}>")
    await post(scene.services, scene.company.inbox, mail)


async def _acknowledge_always(scene: Scene) -> None:
    await scene.database.sql.execute(
        "UPDATE inbox SET settings = $2 WHERE id = $1",
        scene.company.inbox.id,
        {"acknowledge": True},
    )


async def _withhold(scene: Scene) -> None:
    await _acknowledge_always(scene)
    mail = letter("Hello", "Hello.", sender="no-reply@contact.example")
    await post(scene.services, scene.company.inbox, mail)


async def _break(scene: Scene) -> None:
    await _acknowledge_always(scene)
    now = await scene.database.now()
    rows = [
        {
            "id": new_id(),
            "inbox_id": scene.company.inbox.id,
            "ticket_id": scene.ticket_id,
            "sender": f"{number}@contact.example",
            "subject_key": "0",
            "created_at": now,
        }
        for number in range(MOST_OF_INBOX)
    ]
    await scene.database.sql.insert("acknowledgement", rows)
    mail = letter("One too many", "Hello.", sender="kay@contact.example")
    await post(scene.services, scene.company.inbox, mail)


async def _close_breaker(scene: Scene) -> None:
    await close_breaker(scene.database, scene.ada, scene.company.inbox.id)


async def _write_template(scene: Scene) -> None:
    row = await scene.database.sql.fetch_one("SELECT id FROM brand")
    assert row is not None
    new = NewTemplate(as_uuid(row["id"]), TemplateKind.ACKNOWLEDGEMENT, "en", WORDS)
    await create_template(scene.database, scene.ada, new)


async def _change_template(scene: Scene) -> None:
    (template,) = await list_templates(scene.database.sql)
    await change_template(scene.database, scene.ada, template, WORDS, active=False)


async def _delete_template(scene: Scene) -> None:
    (template,) = await list_templates(scene.database.sql)
    await delete_template(scene.database, scene.ada, template.id, template.version)


SORTING = {
    "message.approved": _approve,
    "message.moved": _move,
    "message.moved_away": _split,
    "ticket.merged": _merge,
    "ticket.absorbed": _merge,
    "ticket.joined_inbox": _join_inbox,
}
STORMS = {
    "contact.undeliverable": _bounce,
    "contact.deliverable": _live_again,
    "acknowledgement.withheld": _withhold,
    "inbox.breaker_opened": _break,
    "inbox.breaker_closed": _close_breaker,
}
TEMPLATES = {
    "template.created": _write_template,
    "template.changed": _change_template,
    "template.deleted": _delete_template,
}
