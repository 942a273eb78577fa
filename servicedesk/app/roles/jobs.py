"""Work that may be seconds late: here the sweeps. Never mail, offers, deadlines or escalations."""

from servicedesk.app.wiring import Services
from servicedesk.desk.uploads import sweep_uploads
from servicedesk.kernel import idempotency
from servicedesk.kernel.jobs import Cron, open_jobs
from servicedesk.people.sign_in import sweep_sessions

EVERY_HOUR = frozenset({17})
TWICE_AN_HOUR = frozenset({7, 37})


async def run(services: Services) -> None:
    """Run jobs and what goes by the clock, until cancelled."""
    database = services.database
    crons = (
        Cron("sweep_blobs", services.blobs.sweep, TWICE_AN_HOUR),
        Cron("sweep_idempotency", lambda: idempotency.sweep(database), EVERY_HOUR),
        Cron("sweep_uploads", lambda: sweep_uploads(database), EVERY_HOUR),
        Cron("sweep_sessions", lambda: sweep_sessions(database), EVERY_HOUR),
    )
    queue = open_jobs(services.settings.redis_url, crons=crons)
    try:
        await queue.run()
    finally:
        await queue.close()
