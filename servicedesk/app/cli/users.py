"""user add: an account from the command line."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from servicedesk.app.wiring import open_services
from servicedesk.domain.actors import system_actor
from servicedesk.domain.people import Role
from servicedesk.kernel.config import Settings, load_settings
from servicedesk.people.users import NewUser, create_user

app = typer.Typer(help="Accounts of those who work here.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `user` a group, however few commands it has."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str, typer.Option(prompt=True)],
    role: Annotated[Role, typer.Option()] = Role.AGENT,
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            envvar="SERVICEDESK_NEW_PASSWORD",
            help="Asked for when not given; at least 10 characters.",
        ),
    ] = "",
) -> None:
    """Add a user."""
    new = NewUser(name=name, email=email, role=role, password=password)
    asyncio.run(_add(load_settings(), new))
    Console().print(f"Added [bold]{email}[/] as {role.value}.")


async def _add(settings: Settings, new: NewUser) -> None:
    async with open_services(settings) as services:
        await create_user(services.database, system_actor("cli"), new)
