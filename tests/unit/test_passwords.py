"""Which passwords are too weak."""

import pytest

from servicedesk.people.passwords import WeakPassword, check_password

ABOUT = ("Lin Wei", "lin.wei@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "ninechars",
        "x" * 201,
        "1234567890",
        "2027-03-02-2027",
        "aaaaaaaaaaaa",
        "abababababab",
        "password123!",
        "PassWord2027",
        "qwertyuiop",
        "Qwertz!!1234",
        "servicedesk1",
        "helpdesk-2027",
        "linlin!!2027"[3:] + "99",
        "example12345",
        "..........",
    ],
)
def test_password_that_is_guessed_early_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "four unrelated words",
        "teapot lantern gravel",
        "xK3$pQ9!vL",
        "Reißverschluss im Nebel",
        "绿茶 窗户 自行车 云朵 石头",
        "my password is long enough",
    ],
)
def test_password_of_some_length_and_thought_is_taken(password: str) -> None:
    check_password(password, ABOUT)
