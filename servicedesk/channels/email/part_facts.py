"""What the headers of one part say about it: its name, its disposition, its id."""

import re

from servicedesk.channels.email.headers import (
    clean,
    decode_text_words,
    decode_words,
    parse_parameters,
    to_text,
)
from servicedesk.channels.email.mime import Part

UNSAFE_IN_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
NAME_LENGTH = 200
# A table of our own: the standard library's depends on files of the machine.
EXTENSIONS = {
    "application/gzip": ".gz",
    "application/json": ".json",
    "application/ms-tnef": ".dat",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc",
    "application/pgp-keys": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/rtf": ".rtf",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "message/delivery-status": ".txt",
    "message/feedback-report": ".txt",
    "message/global": ".eml",
    "message/news": ".eml",
    "message/rfc822": ".eml",
    "message/rfc822-headers": ".txt",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "video/mp4": ".mp4",
}
# The first type of each extension. No file becomes a part of a mail by its name.
TYPES = {
    extension: kind
    for kind, extension in reversed(EXTENSIONS.items())
    if not kind.startswith("message/") and "rfc822" not in kind
}


def type_by_name(filename: str) -> str:
    """The media type that a file name tells, for files that come without one."""
    _, dot, extension = filename.rpartition(".")
    return TYPES.get(f"{dot}{extension.lower()}", "application/octet-stream")


def disposition(part: Part) -> str:
    raw = part.header("content-disposition")
    return to_text(raw).split(";", 1)[0].strip().lower() if raw else ""


def is_attachment(part: Part) -> bool:
    return disposition(part) == "attachment"


def is_inline_media(part: Part) -> bool:
    return part.content_type.startswith(("image/", "audio/", "video/"))


def part_name(part: Part) -> str:
    """The file name as written, "" if there is none: disposition first, then the type's name."""
    raw = part.header("content-disposition")
    name = parse_parameters(to_text(raw)).get("filename", "") if raw else ""
    return name or part.parameters.get("name", "")


def content_id(part: Part) -> str:
    return clean(decode_text_words(to_text(part.header("content-id")))).strip("<> ")[:255]


def file_name(part: Part, place: int) -> str:
    """A name to show and to save under: never empty, without folders and control characters."""
    name = safe_file_name(part_name(part))
    if name:
        return name
    extension = EXTENSIONS.get(part.content_type, ".bin")
    if part.is_message and part.children:
        subject = decode_words(part.children[0].header("subject"))
        stem = safe_file_name(subject)[:80]
        return f"{stem or 'message'}{extension}"
    if part.content_type == "text/calendar":
        return "invite.ics"
    stem = "image" if part.content_type.startswith("image/") else "attachment"
    return f"{stem}-{place}{extension}"


def safe_file_name(name: str) -> str:
    """Folders cut off, control characters out, at most `NAME_LENGTH` with the extension kept."""
    last = re.split(r"[/\\]", name)[-1] if re.match(r"^([A-Za-z]:)?[/\\]|\.\.", name) else name
    cleaned = UNSAFE_IN_NAME.sub("_", last).strip().strip(".") if last.strip(". ") else ""
    if len(cleaned) <= NAME_LENGTH:
        return cleaned
    stem, dot, extension = cleaned.rpartition(".")
    if dot and len(extension) <= 10:
        return f"{stem[: NAME_LENGTH - len(extension) - 1]}.{extension}"
    return cleaned[:NAME_LENGTH]
