"""What the command says when something is wrong."""

import pytest

from servicedesk.app.cli.main import say_what_is_wrong
from servicedesk.domain.errors import ConfigurationError


@pytest.mark.parametrize(
    "words", ["--roles has [/x]; it takes a list.", "Look at [red] here.", "Plain words."]
)
def test_words_of_an_error_are_printed_as_they_are(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say_what_is_wrong(ConfigurationError(words))
    assert capsys.readouterr().err == f"servicedesk: {words}\n"
