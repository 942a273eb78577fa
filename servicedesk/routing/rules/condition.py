"""What every condition of a rule is: typed settings, as the console's form writes them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

MOST_VALUES = 200
Word = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\u0000-\u001f\u007f]*$"
    ),
]


class Settings(BaseModel):
    """Exactly what is written here, also when it comes back out of a row."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
