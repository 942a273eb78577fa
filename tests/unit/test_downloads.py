"""How a file is named and typed for a browser (RFC 6266, RFC 8187)."""

import pytest

from servicedesk.app.api.downloads import content_disposition, served_type


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("a.pdf", "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"),
        ("März.pdf", "attachment; filename=\"M_rz.pdf\"; filename*=UTF-8''M%C3%A4rz.pdf"),
        ('a"b\\c.txt', "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b_c.txt"),
        ("a\r\nX: y.txt", "attachment; filename=\"a__X: y.txt\"; filename*=UTF-8''a__X%3A%20y.txt"),
        ("../a/b", "attachment; filename=\".._a_b\"; filename*=UTF-8''.._a_b"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ],
)  # fmt: skip
def test_a_name_cannot_leave_its_header(filename: str, expected: str) -> None:
    assert content_disposition(filename, inline=False) == expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG; name=a", "image/png"),
        ("text/html", "application/octet-stream"),
        ("text/html; charset=utf-8", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("text/plain\r\nX: y", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
    ],
)
def test_nothing_is_typed_as_something_that_browsers_run(content_type: str, expected: str) -> None:
    assert served_type(content_type) == expected
