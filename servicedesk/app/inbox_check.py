"""What the live check of a mail inbox needs of a running desk."""

from dataclasses import replace
from uuid import UUID

from servicedesk.app.wiring import Services, utc_now
from servicedesk.channels.email.check import CheckTools
from servicedesk.channels.email.oauth import AccessTokens
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.intake.views_arrivals import has_arrived


def check_tools(services: Services, inbox_id: UUID) -> CheckTools:
    """Return the tools for one check: tokens are fetched anew, so that the secrets are tried."""
    tokens = AccessTokens(services.outgoing, utc_now)

    async def arrived(message_id: str) -> bool:
        return await has_arrived(services.database.sql, inbox_id, message_id)

    return CheckTools(
        relays=replace(services.relays, tokens=tokens),
        marks=MailMarks(services.secrets),
        arrived=arrived,
        clock=utc_now,
    )
