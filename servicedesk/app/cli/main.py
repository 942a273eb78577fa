"""The servicedesk command: each command is a file of this folder."""

import os
import sys

import typer
from rich.console import Console
from rich.markup import escape

from servicedesk import __version__
from servicedesk.app.cli import (
    configuration,
    database,
    demonstration,
    doctor,
    mail,
    processes,
    simulate,
    sla,
    users,
)
from servicedesk.domain.errors import ServicedeskError

app = typer.Typer(
    name="servicedesk",
    help="An omnichannel contact center that you run yourself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(processes.serve)
app.command()(processes.web)
app.command()(processes.worker)
app.command()(database.migrate)
app.command()(doctor.doctor)
app.command()(configuration.config)
app.add_typer(users.app, name="user")
app.add_typer(demonstration.app, name="demo")
app.add_typer(mail.app, name="mail")
app.command()(mail.sanitize)
app.add_typer(sla.app, name="sla")
app.command("simulate")(simulate.simulate_scenario)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command; what is wrong is said in one line, without a traceback."""
    os.umask(0o077)  # what a desk keeps is nobody else's to read
    try:
        app()
    except OSError as error:
        say_what_is_wrong(ServicedeskError(f"This machine refused it: {error}."))
        sys.exit(1)
    except ServicedeskError as error:
        say_what_is_wrong(error)
        sys.exit(1)


def say_what_is_wrong(error: ServicedeskError) -> None:
    """Print the error's own words; brackets in them are no markup."""
    words = escape(str(error))
    Console(stderr=True, soft_wrap=True).print(f"[bold red]servicedesk:[/] {words}")


if __name__ == "__main__":
    main()
