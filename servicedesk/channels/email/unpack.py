"""Parts that hold other parts in ways that are not MIME, as the parts that they stand for.

winmail.dat becomes its files, and its text where the mail has no other; uuencoded files inside of a
text become files, and leave it. After this, text and files are found as in any other mail.
"""

import re
from dataclasses import replace

from servicedesk.channels.email.charsets import decode
from servicedesk.channels.email.headers import Parameters
from servicedesk.channels.email.mime import Part
from servicedesk.channels.email.part_facts import is_attachment, part_name, type_by_name
from servicedesk.channels.email.rtf import rtf_to_page
from servicedesk.channels.email.winmail import Member, Winmail, is_winmail, read_winmail

WINMAIL_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n", re.MULTILINE)
UU_END = re.compile(rb"^end[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
MOST_UU_FILES = 100
NAMELESS = "unknown.dat"  # as other programs call such a member
FILE_HEADERS = (("content-disposition", b"attachment"),)


def unpack(root: Part, defects: list[str]) -> Part:
    """The tree with every such part replaced. The bytes of the mail are not changed."""
    return _unpacked(root, root, defects)


def _unpacked(part: Part, root: Part, defects: list[str]) -> Part:
    if part.is_message:
        return part
    if part.children:
        children = tuple(_unpacked(child, root, defects) for child in part.children)
        is_same = all(new is old for new, old in zip(children, part.children, strict=True))
        return part if is_same else replace(part, children=children)
    if part.content_type == "text/plain":
        return _unpack_uu(part)
    if part.content_type in WINMAIL_TYPES or _is_named_winmail(part):
        return _unpack_winmail(part, defects, needs_text=not _has_words(root))
    return part


def _has_words(root: Part) -> bool:
    if root.is_message:
        return False
    if root.children:
        return any(_has_words(child) for child in root.children)
    shown = root.content_type in ("text/plain", "text/html") and not is_attachment(root)
    return shown and bool(root.raw_body().strip())


def _is_named_winmail(part: Part) -> bool:
    if part.content_type != "application/octet-stream":
        return False
    return part_name(part).lower() in ("winmail.dat", "win.dat")


def _unpack_winmail(part: Part, defects: list[str], *, needs_text: bool) -> Part:
    """Its files; the part itself where it has none, so that nothing is lost."""
    content = part.content()
    if not is_winmail(content):
        return part
    found = read_winmail(content)
    if found.is_damaged:
        defects.append("winmail-damaged")
    children = [_file_part(member) for member in found.members]
    if needs_text and (shown := _text_part(found)):
        children.insert(0, shown)
    return _container(part, children) if children else part


def _container(part: Part, children: list[Part]) -> Part:
    """A multipart in its place, with its headers: it may be the whole mail."""
    parameters = Parameters()
    return replace(
        part, content_type="multipart/mixed", parameters=parameters, children=tuple(children)
    )


def _text_part(found: Winmail) -> Part | None:
    if found.html:
        return _leaf("text/html", found.html)
    if found.text:
        return _leaf("text/plain", found.text)
    if not found.rtf:
        return None
    text, is_page = rtf_to_page(found.rtf)
    return _leaf("text/html" if is_page else "text/plain", text) if text.strip() else None


def _leaf(content_type: str, text: str) -> Part:
    data = text.encode("utf-8", "replace")
    return Part((), content_type, Parameters(charset="utf-8"), data, 0, len(data))


def _file_part(member: Member) -> Part:
    content_type = member.content_type or type_by_name(member.filename)
    headers: tuple[tuple[str, bytes], ...] = FILE_HEADERS
    if member.content_id:
        headers = (("content-id", member.content_id.encode("utf-8", "replace")),)
    named = member.filename or member.content_type
    parameters = Parameters(name=member.filename if named else NAMELESS)
    return Part(headers, content_type, parameters, member.content, 0, len(member.content))


def _unpack_uu(part: Part) -> Part:
    """Text and files by turns, as they stand."""
    if part.source.find(b"begin", part.body_start, part.body_end) < 0 or is_attachment(part):
        return part
    content = part.content()
    text = replace(part, source=content, headers=())
    children: list[Part] = []
    copied = 0
    for begin in UU_BEGIN.finditer(content):
        if begin.start() < copied or not _is_uu_line(content, begin.end()):
            continue
        end = UU_END.search(content, begin.end())
        if end is None or len(children) > 2 * MOST_UU_FILES:
            break
        children.append(replace(text, body_start=copied, body_end=begin.start()))
        children.append(_uu_part(content, begin, end.end()))
        copied = end.end()
    if not children:
        return part
    children.append(replace(text, body_start=copied, body_end=len(content)))
    return _container(part, [child for child in children if child.raw_body().strip()])


def _is_uu_line(content: bytes, start: int) -> bool:
    """Does the line have the length that its first letter tells? A text that begins so has not."""
    line = content[start : start + 70].split(b"\n", 1)[0].rstrip(b"\r")
    if not line or not 0x20 <= line[0] <= 0x60:
        return False
    letters = (((line[0] - 0x20) & 63) + 2) // 3 * 4
    return letters - 3 <= len(line.rstrip()) - 1 <= letters + 2


def _uu_part(content: bytes, begin: re.Match[bytes], end: int) -> Part:
    name = decode(begin[1]).text.strip()
    headers = (*FILE_HEADERS, ("content-transfer-encoding", b"x-uuencode"))
    kind = type_by_name(name)
    return Part(headers, kind, Parameters(name=name), content, begin.start(), end)
