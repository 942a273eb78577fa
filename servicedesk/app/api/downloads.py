"""Files on their way to a browser that must never run them in our name.

Whatever contacts send is hostile: it is named by us, typed by us, not sniffed (nosniff is on every
answer), sandboxed, and shown inline only when it is a picture of a kind that cannot carry script.
"""

import re
from urllib.parse import quote

from starlette.responses import Response

from servicedesk.domain.errors import Conflict
from servicedesk.domain.messages import ScanState

SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
ANY_BYTES = "application/octet-stream"
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}")
_UNSAFE_TYPES = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "text/javascript",
        "application/javascript",
    }
)


class FileBlocked(Conflict):
    """The file was not found clean, so it is not handed out."""

    code = "file-blocked"


def require_clean(scan_state: ScanState) -> None:
    """Raise FileBlocked unless the scan found nothing."""
    if scan_state is not ScanState.CLEAN:
        raise FileBlocked(
            f"The file is {scan_state.value} by the virus scan, so it is not handed out. Ask the "
            "contact to send it in another way.",
            scan_state=scan_state.value,
        )


def content_disposition(filename: str, *, inline: bool) -> str:
    """Return the header's value: an ASCII name for old clients, the real one beside (RFC 8187)."""
    kind = "inline" if inline else "attachment"
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", filename).strip() or "file"
    plain = re.sub(r"[^ !#-\[\]-~]", "_", name).replace("%", "_")
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def served_type(content_type: str) -> str:
    """Return a media type that is safe to name: no parameters, nothing that browsers run."""
    bare = content_type.partition(";")[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) and bare not in _UNSAFE_TYPES else ANY_BYTES


def file_response(content: bytes, filename: str, content_type: str, *, inline: bool) -> Response:
    """Return the file; `inline` is honoured for plain pictures only."""
    media_type = served_type(content_type)
    shown = inline and media_type in SHOWN_INLINE
    return Response(
        content,
        headers={
            "Content-Type": media_type,
            "Content-Disposition": content_disposition(filename, inline=shown),
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600" if shown else "no-store",
        },
    )
