"""demo: a desk with a sample company on this machine, and a mail into it."""

import smtplib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.panel import Panel

from servicedesk.app.demo.company import (
    ADMINISTRATOR,
    AGENT,
    CHINESE_AGENT,
    PASSWORD,
    SUPERVISOR,
    build_company,
)
from servicedesk.app.demo.letters import SampleMail, raw_mail
from servicedesk.app.demo.sink import mail_sink
from servicedesk.app.process import run_web
from servicedesk.app.roles.names import Role
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.app.wiring import open_services
from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.config import Settings, load_settings
from servicedesk.kernel.log import configure_logging
from servicedesk.kernel.migrate import migrate
from servicedesk.kernel.single import claim_data_dir

app = typer.Typer(help="A desk with a sample company, on this machine only.")
DEFAULT_FOLDER = Path("demo-data")
HERE = "127.0.0.1"


@app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where its data lives.")] = DEFAULT_FOLDER,
    port: Annotated[int, typer.Option(help="Of the console.")] = 8000,
    smtp_port: Annotated[int, typer.Option(help="Of the mail receiver.")] = 2525,
) -> None:
    """Start the sample company's desk: SQLite, on 127.0.0.1, its outgoing mail kept as files."""
    if context.invoked_subcommand is not None:
        return
    base = load_settings(
        data_dir=folder,
        database_url="",
        redis_url="",
        host=HERE,
        port=port,
        public_url=f"http://{HERE}:{port}",
        smtp_host=HERE,
        smtp_port=smtp_port,
        relay_host=HERE,
        relay_security="none",
        log_level="warning",
    )
    configure_logging(base)
    with claim_data_dir(base):
        uvloop.run(_run(base))


async def _run(base: Settings) -> None:
    await migrate(base, TABLES, MIGRATIONS)
    outgoing = base.data_dir / "outgoing"
    outgoing.mkdir(parents=True, exist_ok=True)
    async with mail_sink(outgoing) as relay_port:
        settings = base.model_copy(update={"relay_port": relay_port})
        async with open_services(settings) as services:
            await build_company(services)
            await run_web(services, frozenset(Role), announce=lambda: _say_how(settings, outgoing))


def _say_how(settings: Settings, outgoing: Path) -> None:
    sign_ins = "\n".join(
        f"  {title:<14} {person.email}"
        for title, person in (
            ("agent", AGENT),
            ("坐席", CHINESE_AGENT),
            ("supervisor", SUPERVISOR),
            ("administrator", ADMINISTRATOR),
        )
    )
    port = "" if settings.smtp_port == 2525 else f" --smtp-port {settings.smtp_port}"
    words = (
        f"[bold]{settings.public_url}[/]\n\n"
        f"Sign in, password [bold]{PASSWORD}[/] for everyone:\n{sign_ins}\n\n"
        f"Set yourself to available, then send a mail into it:\n"
        f"  [bold].venv/bin/servicedesk demo mail{port}[/]\n\n"
        f"What the desk sends lands in {outgoing}/. Stop with Ctrl+C."
    )
    Console().print(Panel(words, title="servicedesk demo", expand=False))


@app.command()
def mail(
    subject: Annotated[str, typer.Option()] = "Is the Tarn 2 tent in stock?",
    text: Annotated[str, typer.Option()] = "Hello, is the Tarn 2 tent in stock in Porto?\n\nAna",
    sender: Annotated[str, typer.Option("--from")] = "ana.ferreira@iberia-trek.example",
    to: Annotated[str, typer.Option()] = "support@northwind-outdoor.example",
    smtp_port: Annotated[int, typer.Option()] = 2525,
) -> None:
    """Send a mail into the running demo."""
    name = sender.partition("@")[0].replace(".", " ").title()
    sample = SampleMail(name, sender, subject, text, to)
    try:
        with smtplib.SMTP(HERE, smtp_port, timeout=10) as server:
            server.sendmail(sender, [to], raw_mail(sample, datetime.now(UTC)))
    except OSError as error:
        raise Unavailable(
            f"Nothing receives mail on {HERE}:{smtp_port} ({error}). Start it: servicedesk demo"
        ) from None
    Console().print(f"Sent to {to}.")
