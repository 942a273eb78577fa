"""Short ways to call the API in tests."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.realtime.scenes import Scene

Body = dict[str, Any]


async def get(scene: Scene, who: str, path: str, status: int = 200) -> Body:
    response = await scene.clients[who].get(path)
    assert response.status_code == status, response.text
    return dict(response.json())


async def post(
    scene: Scene, who: str, path: str, body: Body | None = None, **headers: str
) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await scene.clients[who].post(path, json=body, headers=named)


async def page_through(scene: Scene, who: str, path: str) -> list[Body]:
    """Return the items of all pages, two at a time."""
    items: list[Body] = []
    cursor = ""
    while True:
        page = await get(scene, who, f"{path}&limit=2{cursor}")
        assert len(page["items"]) <= 2
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"
