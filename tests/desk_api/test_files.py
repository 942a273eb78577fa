"""Files in and out: for whom, and how a browser is kept from running them."""

from __future__ import annotations

from email.message import EmailMessage
from urllib.parse import quote

import httpx2
import pytest

from tests.desk_api.calls import get, post
from tests.realtime.scenes import Scene
from tests.stories.company import letter, open_by_mail

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
PAGE = """<html><head><script>alert(1)</script></head><body onload="steal()">
<p>Hello <b>there</b></p><img src="https://tracker.example/pixel.png"><img src="cid:logo@x">
</body></html>"""


async def _upload(
    scene: Scene, who: str, content: bytes, name: str, content_type: str, **headers: str
) -> httpx2.Response:
    named = {field.replace("_", "-"): value for field, value in headers.items()}
    return await scene.clients[who].post(
        "/api/uploads",
        content=content,
        headers={"Content-Type": content_type, "X-Filename": quote(name), **named},
    )


async def _attached(scene: Scene, content: bytes, name: str, content_type: str) -> str:
    """Send a note with the file, as Ana; return the file's id."""
    upload = await _upload(scene, "ana", content, name, content_type)
    assert upload.status_code == 201, upload.text
    file_id = upload.json()["id"]
    body = {"text": "See the file.", "attachment_ids": [file_id]}
    written = await post(scene, "ana", f"/api/tickets/{scene.ticket_id}/notes", body)
    (attachment,) = written.json()["attachments"]
    assert (attachment["id"], attachment["filename"]) == (file_id, name)
    return str(file_id)


async def test_a_file_reaches_the_team_as_it_was(scene: Scene) -> None:
    file_id = await _attached(
        scene, b"\x00\x01 any bytes", "Rechnung März 发票.pdf", "application/pdf"
    )
    response = await scene.clients["ben"].get(f"/api/attachments/{file_id}")
    assert response.content == b"\x00\x01 any bytes"
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    disposition = response.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert f"filename*=UTF-8''{quote('Rechnung März 发票.pdf', safe='')}" in disposition


async def test_another_team_gets_no_file(scene: Scene) -> None:
    file_id = await _attached(scene, b"secret", "a.txt", "text/plain")
    assert (await scene.clients["zoe"].get(f"/api/attachments/{file_id}")).status_code == 404


async def test_an_upload_that_was_not_sent_is_its_uploaders_own(scene: Scene) -> None:
    file_id = (await _upload(scene, "ana", b"draft", "a.txt", "text/plain")).json()["id"]
    for who, status in (("ana", 200), ("ben", 404), ("ada", 404)):
        response = await scene.clients[who].get(f"/api/attachments/{file_id}")
        assert response.status_code == status, who


@pytest.mark.parametrize(
    ("content_type", "served_as", "disposition"),
    [
        ("image/png", "image/png", "inline"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
        ("text/plain", "text/plain; charset=utf-8", "attachment"),
        ("nonsense", "application/octet-stream", "attachment"),
    ],
)
async def test_only_plain_pictures_are_shown_in_place(
    sqlite_scene: Scene, content_type: str, served_as: str, disposition: str
) -> None:
    file_id = await _attached(sqlite_scene, PNG, "a.png", content_type)
    response = await sqlite_scene.clients["ana"].get(f"/api/attachments/{file_id}?inline=1")
    assert response.headers["Content-Type"] == served_as.partition(";")[0]
    assert response.headers["Content-Disposition"].partition(";")[0] == disposition


async def test_a_file_that_is_not_clean_is_not_handed_out(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    file_id = await _attached(scene, b"evil", "a.exe", "application/x-msdownload")
    await scene.database.sql.execute("UPDATE blob SET scan_state = 'blocked'")
    response = await scene.clients["ana"].get(f"/api/attachments/{file_id}")
    assert (response.status_code, response.json()["code"]) == (409, "file-blocked")


async def test_an_upload_sent_twice_with_one_key_is_one_file(scene: Scene) -> None:
    first, second = [
        await _upload(scene, "ana", b"once", "a.txt", "text/plain", Idempotency_Key="k")
        for _ in range(2)
    ]
    assert first.json() == second.json()


async def test_an_upload_that_is_too_large_is_refused(sqlite_scene: Scene) -> None:
    content = b"x" * (sqlite_scene.services.settings.upload_max_bytes + 1)
    response = await _upload(sqlite_scene, "ana", content, "a.bin", "application/octet-stream")
    assert (response.status_code, response.json()["code"]) == (413, "content-too-large")


@pytest.mark.parametrize("name", ["", "..", "a\nb", "%ff", "folder/"])
async def test_an_upload_needs_a_usable_name(sqlite_scene: Scene, name: str) -> None:
    response = await sqlite_scene.clients["ana"].post(
        "/api/uploads",
        content=b"x",
        headers={"X-Filename": name if name.startswith("%") else quote(name)},
    )
    assert response.status_code == 422, response.text


def _page_mail() -> EmailMessage:
    mail = letter("With a page")
    mail.add_alternative(PAGE, subtype="html")
    page = mail.get_payload()[1]  # type: ignore[index]
    page.add_related(PNG, "image", "png", cid="<logo@x>")  # type: ignore[union-attr]
    return mail


async def test_a_mails_page_runs_nothing_and_loads_nothing_until_asked(scene: Scene) -> None:
    ticket_id = await open_by_mail(scene.services, scene.company, _page_mail())
    (message,) = (await get(scene, "ana", f"/api/tickets/{ticket_id}"))["messages"]["items"]
    assert message["has_html"]
    path = f"/api/messages/{message['id']}/html"
    blocked = await scene.clients["ana"].get(path)
    assert blocked.headers["Content-Type"].startswith("text/html")
    assert blocked.headers["X-Remote-Pictures"] == "1"
    policy = blocked.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "img-src data:;" in policy
    assert "<b>there</b>" in blocked.text
    assert "data:image/png;base64," in blocked.text
    for hostile in ("<script", "onload", "tracker.example"):
        assert hostile not in blocked.text
    shown = await scene.clients["ana"].get(f"{path}?pictures=shown")
    assert "https://tracker.example/pixel.png" in shown.text
    assert "img-src data: https: http:;" in shown.headers["Content-Security-Policy"]
    assert (await scene.clients["zoe"].get(path)).status_code == 404


async def test_the_raw_mail_is_handed_out_byte_for_byte(scene: Scene) -> None:
    mail = letter("Raw")
    ticket_id = await open_by_mail(scene.services, scene.company, mail)
    (message,) = (await get(scene, "ana", f"/api/tickets/{ticket_id}"))["messages"]["items"]
    path = f"/api/messages/{message['id']}/raw"
    response = await scene.clients["ana"].get(path)
    assert response.content == mail.as_bytes()
    assert response.headers["Content-Type"] == "message/rfc822"
    assert (await scene.clients["zoe"].get(path)).status_code == 404


async def test_what_was_written_here_has_no_raw_form_and_no_page(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    written = await post(scene, "ana", f"/api/tickets/{scene.ticket_id}/notes", {"text": "Hm."})
    for form in ("raw", "html"):
        await get(scene, "ana", f"/api/messages/{written.json()['id']}/{form}", status=404)
