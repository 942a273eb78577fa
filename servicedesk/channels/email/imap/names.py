"""What is written into a command line: quoted strings, folder names, sets of UIDs. Pure.

aioimaplib sends user and folder names as they are: `My Folder` would be two arguments, and a name
with a line end a second command. Everything that we send in a name's place comes from here.
"""

import base64
import re
from collections.abc import Iterable, Sequence

from servicedesk.domain.errors import BadInput

FORBIDDEN = re.compile(r"[\x00\r\n]")
SHIFTED = re.compile(r"[^\x20-\x7e]+")
UNSHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")


def quoted(text: str) -> str:
    """Return it as a quoted string (RFC 3501 §9). Raises BadInput for NUL, CR and LF."""
    if FORBIDDEN.search(text):
        raise BadInput("A name for the mail server must be one line. Take the line ends out.")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folder_argument(name: str) -> str:
    """Return a folder's name as an argument of a command."""
    return quoted(encode_folder(name))


def encode_folder(name: str) -> str:
    """Write a folder's name in modified UTF-7 (RFC 3501 §5.1.3). Raises BadInput like `quoted`."""
    quoted(name)
    return SHIFTED.sub(_shift, name.replace("&", "&-"))


def decode_folder(written: str) -> str:
    """Read modified UTF-7. What is not such stays as it is: servers send plain UTF-8 too."""
    return UNSHIFTED.sub(_unshift, written)


def _shift(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return f"&{base64.b64encode(units).decode().rstrip('=').replace('/', ',')}-"


def _unshift(match: re.Match[str]) -> str:
    shifted = match.group(1)
    if not shifted:
        return "&"
    padded = shifted.replace(",", "/") + "=" * (-len(shifted) % 4)
    try:
        return base64.b64decode(padded).decode("utf-16-be")
    except ValueError:
        return match.group()


def uid_set(uids: Iterable[int]) -> str:
    """Return a sequence set, ranges joined: 1,2,3,7 is "1:3,7". Needs at least one."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid <= runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def in_portions(sizes: Sequence[tuple[int, int]], most: int, most_bytes: int) -> list[list[int]]:
    """Divide (uid, size_bytes), in order, into portions that memory holds.

    A portion has at most `most` mails and `most_bytes`; a larger mail is a portion of its own.
    """
    portions: list[list[int]] = []
    filled = 0
    for uid, size in sizes:
        full = not portions or len(portions[-1]) >= most or filled + size > most_bytes
        if full:
            portions.append([])
            filled = 0
        portions[-1].append(uid)
        filled += size
    return portions
