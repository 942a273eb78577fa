"""Calendar invitations in words, and as one file."""

import pytest

from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from tests.fakes.mail import make_mail

CALENDAR = """BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19701025T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Onboarding\\, first
  call
DTSTART;TZID=Europe/Berlin:20260715T100000
DTEND;TZID="Europe/Berlin":20260715T110000
LOCATION:Room 1\\; 2nd floor
ORGANIZER;CN="Bob Example":MAILTO:bob@x.example
ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ann@x.example
ATTENDEE;CN=Eve;PARTSTAT=ACCEPTED:mailto:eve@x.example
BEGIN:VALARM
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
BEGIN:VEVENT
SUMMARY:A second one
END:VEVENT
END:VCALENDAR
"""
WORDS = """Invitation: Onboarding, first call
When: 2026-07-15 10:00 (Europe/Berlin) – 2026-07-15 11:00 (Europe/Berlin)
Where: Room 1; 2nd floor
Who: Bob Example <bob@x.example> (organizer), ann@x.example, Eve <eve@x.example> (accepted)"""
ICS_FILE = (
    'Content-Type: application/ics; name="invite.ics"\n'
    'Content-Disposition: attachment; filename="invite.ics"\n\n' + CALENDAR.format(method="REQUEST")
)


def calendar_part(method: str = "REQUEST") -> str:
    return f"Content-Type: text/calendar; method={method}\n\n{CALENDAR.format(method=method)}"


def read(*parts: str, kind: str = "mixed") -> Mail:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return read_mail(make_mail(f"Content-Type: multipart/{kind}; boundary=b", body), Envelope())


def test_invitation_is_told_in_words_and_kept_as_a_file() -> None:
    mail = read("Content-Type: text/plain\n\nPlease come.", calendar_part(), kind="alternative")
    assert mail.text == f"Please come.\n\n{WORDS}"
    assert mail.reply_text == mail.text
    assert [file.filename for file in mail.attachments] == ["invite.ics"]


def test_page_tells_the_invitation_too() -> None:
    mail = read("Content-Type: text/html\n\n<p>Come</p>", calendar_part(), kind="alternative")
    assert mail.html is not None
    assert "Where: Room 1; 2nd floor" in mail.html
    assert "Bob Example &lt;bob@x.example&gt;" in mail.html


def test_mail_that_is_only_a_calendar_has_a_text() -> None:
    headers, _, body = calendar_part("").partition("\n\n")
    mail = read_mail(make_mail(headers, body), Envelope())
    assert mail.text.startswith("Event: Onboarding, first call\nWhen: 2026-07-15 10:00")


def test_file_beside_the_form_for_programs_is_listed_alone() -> None:
    form = calendar_part()
    mail = read("Content-Type: text/plain\n\nHi", form, ICS_FILE)
    assert [file.content_type for file in mail.attachments] == ["application/ics"]


def test_calendar_file_that_invites_nobody_is_a_file_like_any_other() -> None:
    published = ICS_FILE.replace("METHOD:REQUEST", "METHOD:PUBLISH")
    assert read("Content-Type: text/plain\n\nOur dates.", published).text == "Our dates."


@pytest.mark.parametrize(
    ("method", "word"),
    [("CANCEL", "Cancelled"), ("REPLY", "Answer to an invitation"), ("REQUEST", "Invitation")],
)
def test_method_says_what_it_is_about(method: str, word: str) -> None:
    assert read("Content-Type: text/plain\n\nHi", calendar_part(method)).text.startswith(
        f"Hi\n\n{word}: Onboarding"
    )


@pytest.mark.parametrize("length", range(0, len(CALENDAR), 23))
def test_torn_calendar_is_told_as_far_as_it_goes(length: int) -> None:
    torn = calendar_part()[: length + 60]
    assert read("Content-Type: text/plain\n\nHi", torn).text.startswith("Hi")
