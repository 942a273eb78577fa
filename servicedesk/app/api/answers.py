"""Answers of handlers: a shape as JSON, with the journal position and version it stands for."""

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from servicedesk.domain.ids import Position
from servicedesk.kernel.http.conditions import entity_tag

POSITION_HEADER = "X-Position"


class ShapeResponse(JSONResponse):
    """JSON of a shape. The shape was checked when it was made, so spectree need not read it again
    (it looks at `_model_class`)."""

    _model_class: type[BaseModel]

    def render(self, content: BaseModel) -> bytes:
        self._model_class = type(content)
        return content.model_dump_json().encode()


def answer(
    shape: BaseModel,
    *,
    status: int = 200,
    position: Position | None = None,
    version: int | None = None,
) -> Response:
    """Return the shape. `position`: of the write's last journal entry. `version`: for If-Match."""
    response = ShapeResponse(shape, status_code=status)
    _stand_for(response, position)
    if version is not None:
        response.headers["ETag"] = entity_tag(version)
    return response


def done(position: Position | None = None) -> Response:
    """Return 204: it was done and there is nothing to say."""
    response = Response(status_code=204)
    _stand_for(response, position)
    return response


def _stand_for(response: Response, position: Position | None) -> None:
    if position is not None:
        response.headers[POSITION_HEADER] = str(position)
