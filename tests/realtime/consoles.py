"""A small mirror of the console: what it keeps by id, and the rule by which frames change it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from servicedesk.domain.ids import SessionId
from servicedesk.domain.people import Viewer
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.hub import Hub

Values = dict[str, dict[str, Any]]
LISTS = {
    "offer": "/api/offers",
    "presence": "/api/presence?limit=100",
    "queue": "/api/queues?limit=100",
    "user": "/api/users?limit=100",
    "team": "/api/teams?limit=100",
    "inbox": "/api/inboxes?limit=100",
    "escalation": "/api/escalations",
}


@dataclass(slots=True)
class State:
    """Things by kind and id. `opened` are the tickets whose messages were loaded."""

    things: dict[str, Values] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)


async def load_state(client: httpx2.AsyncClient) -> State:
    """Load everything over HTTP, as a console does that has just come."""
    state = State({"ticket": {}, "message": {}})
    for row in await _items(client, "/api/tickets?view=all&limit=100"):
        page = (await _get(client, f"/api/tickets/{row['id']}")).json()
        assert {name: page[name] for name in row} == row
        messages = page.pop("messages")["items"]
        page.pop("position")
        state.things["ticket"][row["id"]] = page
        state.things["message"] |= {message["id"]: message for message in messages}
        state.opened.add(row["id"])
    for kind, path in LISTS.items():
        state.things[kind] = {_id(kind, value): value for value in await _items(client, path)}
    return state


@dataclass(slots=True)
class Console:
    """One signed-in console: its HTTP client, its connection, and what it believes."""

    viewer: Viewer
    session_id: SessionId
    client: httpx2.AsyncClient
    connection: Connection = field(init=False)
    state: State = field(default_factory=State)
    position: int | None = None
    resyncs: list[str] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = Connection(self.viewer, self.session_id)

    async def come(self, hub: Hub) -> None:
        """Connect from the last position seen; without one, load everything first."""
        self.connection = Connection(self.viewer, self.session_id)
        if self.position is None:
            await hub.join(self.connection, None)
            self.state = await load_state(self.client)
        else:
            joining = asyncio.ensure_future(hub.join(self.connection, self.position))
            while not joining.done():
                await self._take_until(joining)
            await joining
        await self.listen()

    async def _take_until(self, joining: asyncio.Future[None]) -> None:
        """Take in what comes first: the end of joining, or something that waits."""
        taking = asyncio.ensure_future(self.connection.take())
        either: list[asyncio.Future[Any]] = [joining, taking]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            taking.cancel()
            return
        for text in await taking:
            await self.apply(json.loads(text))

    def go(self, hub: Hub) -> None:
        hub.leave(self.connection)

    async def listen(self) -> None:
        """Take in whatever waits."""
        self.connection.push('{"type":"end"}')
        for text in await self.connection.take():
            await self.apply(json.loads(text))

    async def apply(self, word: dict[str, Any]) -> None:
        self.heard.append(word)
        match word["type"]:
            case "hello":
                self.position = word["position"]
            case "resync":
                self.position = word["position"]
                self.resyncs.append(word["reason"])
                self.state = await load_state(self.client)
            case "frame":
                assert self.position is None or word["position"] >= self.position - 1
                self.position = word["position"]
                apply_frame(self.state, word["kind"], word["data"])


def apply_frame(state: State, kind: str, data: dict[str, Any]) -> None:
    """Change the state by one frame: the console's only rule."""
    things = state.things
    match kind:
        case "position":
            pass
        case "ticket.removed":
            _remove(state, data["ticket_id"])
        case "message":
            if data["ticket_id"] in state.opened:
                things["message"][data["id"]] = data
        case "message.removed":
            message = things["message"].get(data["message_id"])
            if message is not None and message["ticket_id"] == data["ticket_id"]:
                del things["message"][data["message_id"]]
        case "contact":
            _rename(state, data["id"], data["name"], data["address"])
            _mark_undeliverable(state, data["id"], undeliverable=data["undeliverable"])
        case _:
            things[kind][_id(kind, data)] = data
            if kind == "user":
                _rename(state, data["id"], data["name"], data["email"])


def shown(state: State, opened: set[str]) -> dict[str, Values]:
    """Return what a person would see of the state, messages of the opened tickets only."""
    things = state.things
    active = {user["id"] for user in things["user"].values() if user["active"]}
    return {
        **things,
        "message": {
            message["id"]: message
            for message in things["message"].values()
            if message["ticket_id"] in opened
        },
        "offer": {
            offer["id"]: offer for offer in things["offer"].values() if offer["state"] == "open"
        },
        "presence": {user: value for user, value in things["presence"].items() if user in active},
    }


def _remove(state: State, ticket_id: str) -> None:
    state.things["ticket"].pop(ticket_id, None)
    state.opened.discard(ticket_id)
    messages = state.things["message"]
    for message in list(messages.values()):
        if message["ticket_id"] == ticket_id:
            del messages[message["id"]]
    told = state.things["escalation"]
    for notice in list(told.values()):
        if notice["ticket_id"] == ticket_id:
            del told[notice["id"]]


def _rename(state: State, found: str, name: str, address: str) -> None:
    """Contacts and users are shown inside other values: by id, so they are renamed by id."""
    for message in state.things["message"].values():
        if message["author"]["id"] == found:
            message["author"]["name"] = name
    for value in (*state.things["ticket"].values(), *state.things["offer"].values()):
        if value["contact"] and value["contact"]["id"] == found:
            value["contact"] = {"id": found, "name": name, "address": address}
        for participant in value.get("participants", ()):
            if found in (participant["contact_id"], participant["user_id"]):
                participant |= {"name": name, "address": address}


def _mark_undeliverable(state: State, found: str, *, undeliverable: bool) -> None:
    for ticket in state.things["ticket"].values():
        for participant in ticket.get("participants", ()):
            if participant["contact_id"] == found:
                participant["undeliverable"] = undeliverable


def _id(kind: str, value: dict[str, Any]) -> str:
    return str(value["user_id" if kind == "presence" else "id"])


async def _get(client: httpx2.AsyncClient, path: str) -> httpx2.Response:
    response = await client.get(path)
    assert response.status_code == 200, (path, response.text)
    return response


async def _items(client: httpx2.AsyncClient, path: str) -> list[dict[str, Any]]:
    page = (await _get(client, path)).json()
    assert page["next"] is None, f"{path} has more than one page: make the scene smaller"
    return list(page["items"])
