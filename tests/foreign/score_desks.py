"""Mails of other help desks' and mail programs' own tests, field by field."""

from __future__ import annotations

import email
import hashlib
import html
import re
from datetime import datetime
from typing import Any

from tests.foreign.mail_cases import MailCases, Row, Told, squeeze, wrap
from tests.foreign.mail_scores import Score

PROGRAMS = "mail_mua_zbateson"


def score_programs(cases: MailCases) -> list[Score]:
    """mail_mua_zbateson: old mail programs, with attachments byte for byte."""
    rows = [row for row in cases.rows(PROGRAMS) if row["expected"]]
    told = cases.inspect({row["id"]: cases.file(PROGRAMS, row) for row in rows})
    folder = cases.root / PROGRAMS / "reference"
    score = Score(PROGRAMS, "fields")
    files = Score(PROGRAMS, "attachments byte for byte")
    for row in rows:
        found = told[row["id"]]
        for name, wanted in row["expected"].items():
            ours = _program_field(found, name)
            if ours is None:
                continue
            if name in ("text", "html"):
                wanted = squeeze((folder / wanted).read_text("latin-1"))
            score.judge(right=ours == wanted, miss=f"{row['id']} {name}: {ours!r:.200}")
        for file in found["attachments"]:
            if (folder / file["filename"]).is_file():
                digest = hashlib.sha256((folder / file["filename"]).read_bytes()).hexdigest()
                files.judge(right=file["sha256"] == digest, miss=f"{row['id']} {file['filename']}")
    return [score, files]


def _program_field(told: Told, name: str) -> Any:
    """Our value in the set's form, None for what the contract does not tell."""
    match name:
        case "From" | "To":
            one = told["from"] if name == "From" else (told["to"] or [{}])[0]
            pair = {"name": one.get("name"), "email": one.get("address")}
            return {key: value for key, value in pair.items() if value}
        case "Subject":
            return told["subject"]
        case "Message-ID":
            return told["message_id"]
        case "text":
            return squeeze(told["text"])
        case "html":
            return squeeze(_visible(told["html"] or ""))
        case "attachments":
            return len(told["attachments"])
    return None


def score_chatwoot(cases: MailCases) -> list[Score]:
    return [_score_rows(cases, "mail_chatwoot", _chatwoot_field)]


def score_zammad(cases: MailCases) -> list[Score]:
    return [_score_rows(cases, "mail_zammad", _zammad_field)]


def score_misc(cases: MailCases) -> list[Score]:
    return [_score_rows(cases, "mail_helpdesk_misc", _misc_field)]


def _score_rows(cases: MailCases, name: str, judge: Any) -> Score:
    """Rows whose expected fields are all right; `judge` says "" or what is wrong."""
    rows = cases.rows(name)
    raw = {row["id"]: _raw(cases, name, row) for row in rows}
    told = cases.inspect(raw)
    score = Score(name, "rows with all fields right")
    for row in rows:
        if row["expected"] is None:
            continue
        wrong = [
            f"{key} {problem}"
            for key, wanted in row["expected"].items()
            if (problem := judge(told[row["id"]], key, wanted, row))
        ]
        score.judge(right=not wrong, miss=f"{row['id']}: {'; '.join(wrong):.300}")
    return score


def _raw(cases: MailCases, name: str, row: Row) -> bytes:
    return cases.file(name, row) if "file" in row else str(row["text"]).encode()


def _unlike(ours: Any, wanted: Any) -> str:
    return "" if ours == wanted else f"is {ours!r}, expected {wanted!r}"


def _lacks(text: str, wanted: list[str]) -> str:
    missing = [one for one in wanted if squeeze(one) not in squeeze(text)]
    return f"lacks {missing}" if missing else ""


def _chatwoot_field(told: Told, key: str, wanted: Any, _row: Row) -> str:
    match key:
        case "subject" | "in_reply_to":
            return _unlike(told[key], wanted)
        case "text":
            return _unlike(told["reply_text"].strip(), wanted.strip())
        case "body_contains" | "full_text_contains":
            return _lacks(told["text"], wanted)
        case "attachments":
            return _unlike(len(told["attachments"]), wanted)
        case "non_inline_attachments":
            return _unlike(sum(not one["inline"] for one in told["attachments"]), wanted)
        case "date":
            ours = datetime.fromisoformat(told["date"]) if told["date"] else None
            return _unlike(ours, datetime.fromisoformat(wanted))
        case "requester":
            return _unlike((told["reply_to"] or told["from"])["address"], wanted)
        case "is_auto_reply":
            return _unlike(told["automatic"] is not None, wanted)
    return ""


def _zammad_field(told: Told, key: str, wanted: Any, _row: Row) -> str:
    match key:
        case "from_email":
            return _unlike(told["from"]["address"], wanted.lower())
        case "from_display_name":
            return _unlike(told["from"]["name"], wanted)
        case "to" | "cc" | "reply_to":
            ours = told[key] if isinstance(told[key], list) else [told[key]]
            return _unlike([one["address"] for one in ours], _addresses(wanted))
        case "subject":
            return _unlike(told["subject"], wanted)
        case "body":
            shown = _visible(told["html"]) if told["html"] is not None else told["text"]
            return _unlike("".join(shown.split()), "".join(_visible(wanted).split()))
        case "body_contains":
            return _lacks(told["text"], wanted if isinstance(wanted, list) else [wanted])
        case "message_id" if not wanted.startswith("<"):
            return _unlike(told["message_id"], wanted.strip("<>"))
        case "attachments":
            return _unlike(len(told["attachments"]), len(wanted))
    return ""


def _addresses(text: str) -> list[str]:
    bare = re.sub('".*?"', "", text)
    return [one.lower() for one in re.findall(r"[^\s<>\",]+@[^\s<>\",]+", bare)]


def _misc_field(told: Told, key: str, wanted: Any, row: Row) -> str:
    match key:
        case "message_id" | "subject":
            return _unlike(told[key], wanted)
        case "attachment_names":
            return _unlike([one["filename"] for one in told["attachments"]], wanted)
        case "attachments":
            ours = [
                _kept(one, other) for one, other in zip(told["attachments"], wanted, strict=False)
            ]
            same = len(told["attachments"]) == len(wanted)
            return _unlike(ours if same else told["attachments"], wanted)
    return ""


def _kept(file: Told, wanted: Row) -> Row:
    """Our attachment in the set's words, with a made-up name where the set has one."""
    told = {"name": file["filename"], "contentType": file["content_type"]}
    told["disposition"] = "inline" if file["inline"] else "attachment"
    if file["content_id"]:
        told["contentID"] = file["content_id"]
    made_up = re.fullmatch(r"<generated, (\.\w+)>", wanted["name"])
    if made_up and told["name"].endswith(made_up[1]):
        told["name"] = wanted["name"]
    return told


def score_winmail(cases: MailCases) -> list[Score]:
    """tnef_winmail: every member by its name, in a mail that carries a winmail.dat."""
    name = "tnef_winmail"
    rows = cases.rows(name)
    told = cases.inspect(
        {row["id"]: wrap(cases.file(name, row), "application/ms-tnef; name=winmail.dat")
         for row in rows}
    )  # fmt: skip
    score = Score(name, "all members found")
    for row in rows:
        names = [file["filename"] for file in told[row["id"]]["attachments"]]
        wanted = row["expected"]["attachments"]
        missing = [one for one in wanted if one not in names]
        score.judge(right=not missing, miss=f"{row['id']}: {names}, not {missing}")
    return [score]


def score_survival(cases: MailCases) -> list[Score]:
    """Sets without expectations: one object for each, and no word of a text part lost."""
    names = ("mail_cpython", "mail_mikel", "mail_spam_malformed")
    return [_survival(cases, name) for name in names]


def _survival(cases: MailCases, name: str) -> Score:
    raw = {row["id"]: cases.file(name, row) for row in cases.rows(name)}
    score = Score(name, "read, no text lost")
    for row, told in cases.inspect(raw).items():
        lost = _lost_text(raw[row], told)
        score.judge(right=not lost, miss=f"{row}: {lost[:10]}")
    return score


def _lost_text(raw: bytes, told: Told) -> list[str]:
    """ASCII words of the standard library's text parts that are in no text or file of ours."""
    sizes = {file["size"] for file in told["attachments"]}
    shown = told["text"] + _visible(told["html"] or "")
    lost: list[str] = []
    for part in _texts(email.message_from_bytes(raw)):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and len(payload) not in sizes | {s + 1 for s in sizes}:
            text = payload.decode("latin-1")
            if part.defects:  # headers that it could not read stand in its text
                text = text.partition("\n\n")[2]
            words = re.findall(r"(?<![\w=&+])[a-zA-Z]{4,}(?![\w=&+])", text)
            lost += [word for word in words if word not in shown]
    return lost


def _texts(message: Any) -> list[Any]:
    if message.get_content_type() == "text/plain" and not message.is_multipart():
        return [] if message.get_filename() else [message]
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        return []
    return [part for child in message.get_payload() for part in _texts(child)]


def _visible(page: str) -> str:
    page = re.sub(r"(?is)<(style|script|title|head)\b.*?</\1>|<!--.*?-->", "", page)
    return html.unescape(re.sub(r"<[^<>]*>", " ", page)).replace("\xa0", " ")
