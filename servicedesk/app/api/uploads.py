"""/api/uploads and /api/attachments: files in, files out."""

from typing import Literal
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.downloads import ANY_BYTES, file_response, require_clean
from servicedesk.app.api.inputs import Query
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.desk.messages import StoredFile
from servicedesk.desk.shapes import Upload
from servicedesk.desk.uploads import add_upload
from servicedesk.desk.views_files import get_file
from servicedesk.kernel.http.bodies import read_body
from servicedesk.kernel.http.problems import FieldFault, InvalidRequest

FILENAME_HEADER = "X-Filename"
LONGEST_FILENAME = 255
LONGEST_TYPE = 127


class DownloadQuery(Query):
    """`inline=1` shows a png, jpeg, gif or webp in place; everything else is downloaded."""

    inline: Literal["0", "1"] = "0"


@Operation(
    tag="files",
    answers=Upload,
    status=201,
    roles=WORKERS,
    idempotent=True,
    takes_bytes=True,
    needs_headers={FILENAME_HEADER: "The file's name, percent-encoded UTF-8."},
    problems=(413, 422, 507),
)
async def upload_file(request: Request) -> Response:
    """Upload a file, its name percent-encoded in X-Filename; send it with a message by its id."""
    given = services(request)
    filename = _filename(request.headers.get(FILENAME_HEADER, ""))
    content_type = request.headers.get("content-type", ANY_BYTES)[:LONGEST_TYPE]
    content = await read_body(request, given.settings.upload_max_bytes)
    sha256 = await given.blobs.put(content)
    file = StoredFile(sha256, filename, content_type, len(content))
    attachment_id = await add_upload(given.database, viewer(request).user_id, file)
    shape = Upload(
        id=attachment_id,
        filename=filename,
        content_type=content_type,
        size_bytes=len(content),
    )
    return answer(shape, status=201)


@Operation(tag="files", media_type=ANY_BYTES, problems=(409,))
async def download_file(request: Request, query: DownloadQuery) -> Response:
    """Download a file of a message, or one that one has uploaded oneself."""
    given = services(request)
    file = await get_file(given.database.sql, viewer(request), request.path_params["file_id"])
    require_clean(file.scan_state)
    content = await given.blobs.open(file.sha256)
    return file_response(content, file.filename, file.content_type, inline=query.inline == "1")


def _filename(header: str) -> str:
    """Return the name in the header, without folders. Raises InvalidRequest for an unusable one."""
    try:
        name = unquote(header, errors="strict")
    except UnicodeDecodeError:
        name = ""
    name = name.replace("\\", "/").rpartition("/")[2].strip()
    if not name.strip(".") or not name.isprintable():
        fault = FieldFault(path=FILENAME_HEADER, message="must be a file name, percent-encoded")
        raise InvalidRequest("The file has no usable name.", [fault])
    return name[:LONGEST_FILENAME]


ROUTES = [
    Route("/api/uploads", upload_file, methods=["POST"]),
    Route("/api/attachments/{file_id:uuid}", download_file, methods=["GET"]),
]
