"""What the desk calls itself when it speaks to a relay."""

import pytest

from servicedesk.channels.email.relays import local_name


@pytest.mark.parametrize(
    ("public_host", "name"),
    [
        ("desk.example.org", "desk.example.org"),
        ("desk.example.org:8443", "desk.example.org"),
        ("127.0.0.1:8000", "localhost"),
        ("[::1]:8000", "localhost"),
        ("[2001:db8::1]", "localhost"),
        ("büro.example", "localhost"),
        ("", "localhost"),
    ],
)
def test_desk_calls_itself_by_a_name_and_never_by_a_bare_address(
    public_host: str, name: str
) -> None:
    assert local_name(public_host) == name
