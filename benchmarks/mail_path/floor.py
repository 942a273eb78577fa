"""The floor: the standard library reads the mail, one statement writes contact, ticket, message.

No permissions, rules, threading, duplicates, sanitizing, journal or files: what the machine allows.
"""

import asyncio
import email
import email.policy
import sys
import time

import asyncpg

from benchmarks.mail_path.letters import letter

TABLES = """
CREATE TABLE contact (id bigserial PRIMARY KEY, address text UNIQUE);
CREATE TABLE ticket (id bigserial PRIMARY KEY, contact_id bigint, subject text, at timestamptz);
CREATE TABLE message (id bigserial PRIMARY KEY, ticket_id bigint, text text, message_id text);
CREATE INDEX ON message (message_id);
"""
WRITE = """
WITH c AS (INSERT INTO contact (address) VALUES ($1)
           ON CONFLICT (address) DO UPDATE SET address = $1 RETURNING id),
     t AS (INSERT INTO ticket (contact_id, subject, at) SELECT id, $2, now() FROM c RETURNING id)
INSERT INTO message (ticket_id, text, message_id) SELECT id, $3, $4 FROM t
"""


async def main(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(TABLES)
    write = await connection.prepare(WRITE)
    print("ready", flush=True)
    for line in sys.stdin:
        first, count = map(int, line.split())
        mails = [letter(number) for number in range(first, first + count)]
        began = time.process_time()
        for mail in mails:
            await write.fetch(*_read(mail))
        print(time.process_time() - began, flush=True)


def _read(raw: bytes) -> tuple[str, str, str, str]:
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    content = text.get_payload(decode=True)
    assert isinstance(content, bytes)
    words = content.decode(text.get_content_charset() or "utf-8", "replace")
    return str(mail["From"]), str(mail["Subject"]), words, str(mail["Message-ID"])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
