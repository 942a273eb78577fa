"""The foreign mails, asked of `servicedesk mail inspect` as its contract says."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from servicedesk.app.cli import mail

Row = dict[str, Any]
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MailCases:
    """`root` holds the sets; `work` is a folder that the mails may be written to."""

    root: Path
    work: Path

    def rows(self, name: str) -> list[Row]:
        text = (self.root / name / "cases.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.split("\n") if line]

    def file(self, name: str, row: Row, key: str = "file") -> bytes:
        relative: str = row[key]
        return (self.root / name / relative).read_bytes()

    def inspect(self, mails: Mapping[str, bytes]) -> dict[str, Told]:
        """What the command tells of each mail, in one run. Any traceback ends the test."""
        paths = {}
        for place, (name, raw) in enumerate(mails.items()):
            paths[name] = self.work / f"{place}.eml"
            paths[name].write_bytes(raw)
        arguments = ["inspect", "--json", *(str(path) for path in paths.values())]
        done = CliRunner().invoke(mail.app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert [answer["file"] for answer in answers] == [str(path) for path in paths.values()]
        return dict(zip(mails, answers, strict=True))


def wrap(content: str | bytes, content_type: str, *, headers: str = "") -> bytes:
    """A bare text, page or file as the body of a mail that a person sent."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    head = (
        "From: Ann <ann@contact.example>\nTo: desk@desk.example\nSubject: A question\n"
        f"{headers}MIME-Version: 1.0\nContent-Type: {content_type}\n"
        "Content-Transfer-Encoding: base64\n\n"
    )
    return head.encode() + base64.encodebytes(data)


def squeeze(text: str | None) -> str:
    """White space squeezed, as the sets ask for in comparisons of text."""
    return " ".join((text or "").split())
