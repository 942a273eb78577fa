"""SMTP end-of-data → offer on the agent's socket, embedded: the whole path over real sockets."""

import asyncio
import json
import smtplib
import statistics
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

import websockets

from tests.browser.running_desk import AGENT, PASSWORD, SUPPORT, RunningDesk, embedded_desk

MAILS = 60
WARM_UP = 5


def main() -> None:
    """Print the median and the 95th percentile in milliseconds, and the floor beside them."""
    with tempfile.TemporaryDirectory() as folder, embedded_desk(Path(folder)) as desk:
        desk.call("POST", "/api/session", {"email": AGENT, "password": PASSWORD})
        waits = asyncio.run(_measure(desk))
    waits.sort()
    print(f"mails               {len(waits)}")
    print(f"median              {statistics.median(waits):.1f} ms (goal: 150 ms at most)")
    print(f"95th percentile     {waits[int(len(waits) * 0.95)]:.1f} ms")
    print(f"slowest             {waits[-1]:.1f} ms")


async def _measure(desk: RunningDesk) -> list[float]:
    address = desk.url.replace("http", "ws") + "/api/socket"
    headers = {"Cookie": desk.cookie_header()}
    seen: set[str] = set()
    async with websockets.connect(address, origin=desk.url, additional_headers=headers) as socket:
        desk.call("PUT", "/api/me/presence", {"state": "available"})
        waits = [await _one(desk, socket, number, seen) for number in range(WARM_UP + MAILS)]
    return waits[WARM_UP:]


async def _one(
    desk: RunningDesk, socket: websockets.ClientConnection, number: int, seen: set[str]
) -> float:
    mail = EmailMessage()
    mail["From"] = f"contact{number}@contact.example"
    mail["To"] = SUPPORT
    mail["Subject"] = f"Question {number}"
    mail.set_content("Where is my parcel?\n")
    began = await asyncio.to_thread(_post, desk, mail)
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if frame.get("kind") == "offer" and frame["data"]["id"] not in seen:
            waited = (time.perf_counter() - began) * 1_000
            break
    offer = frame["data"]
    seen.add(offer["id"])
    accepted = await asyncio.to_thread(desk.call, "POST", f"/api/offers/{offer['id']}/accept")
    await asyncio.to_thread(_solve, desk, accepted["ticket_id"])
    return waited


def _post(desk: RunningDesk, mail: EmailMessage) -> float:
    """Send the mail; return the moment at which its last byte was handed over."""
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=10) as server:
        server.ehlo()
        server.mail(str(mail["From"]))
        server.rcpt(SUPPORT)
        server.docmd("DATA")
        content = mail.as_bytes().replace(b"\n", b"\r\n")
        began = time.perf_counter()
        server.send(content + b"\r\n.\r\n")
        server.getreply()
    return began


def _solve(desk: RunningDesk, ticket_id: str) -> None:
    """Free the agent's place."""
    ticket = desk.call("GET", f"/api/tickets/{ticket_id}")
    desk.call("PATCH", f"/api/tickets/{ticket_id}", {"status": "solved"}, ticket["version"])


if __name__ == "__main__":
    sys.exit(main())
