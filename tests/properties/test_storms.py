"""No storm, whoever answers: desks, responders, lists and bounces fall silent, and any mix of bad
habits stays within a bound."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.context import TortoiseContext

from servicedesk.app.wiring import Services, make_services
from servicedesk.desk import brakes
from servicedesk.desk.brakes import Letter, Sent, Withheld
from servicedesk.desk.inboxes import InboxFacts, get_inbox
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel.bus import LocalBus
from tests.databases import copy_sqlite, opened_beside
from tests.fakes.clock import FakeClock
from tests.fakes.correspondents import (
    VACATION,
    Habits,
    Posted,
    Target,
    answer_to,
    collect_post,
    deliver,
    without_marks,
)
from tests.stories.company import SUPPORT, Company, found_company, letter
from tests.stories.mail_rows import count, settle_inbox
from tests.stories.notices import bounce

LIN = "lin@contact.example"
MOST_ROUNDS = 12
EFFORT = int(os.environ.get("SERVICEDESK_TEST_EFFORT", "1"))


class Desk:
    """A desk that acknowledges, with all that it has sent so far."""

    def __init__(
        self, services: Services, inbox: InboxFacts, clock: FakeClock, context: TortoiseContext
    ) -> None:
        self.context = context
        self.services = services
        self.inbox = inbox
        self.clock = clock
        self.sent: list[tuple[datetime, Posted]] = []

    async def take(self, posted: Posted) -> ArrivalState:
        with self.context:
            return (await deliver(self.services, self.inbox, posted)).state

    async def send(self) -> list[Posted]:
        """Return what the desk sends now."""
        with self.context:
            posted = await collect_post(self.services)
        self.sent += [(self.clock.time, one) for one in posted]
        return posted


@asynccontextmanager
async def desk_at(
    template: Path, folder: Path, clock: FakeClock, address: str = SUPPORT
) -> AsyncIterator[Desk]:
    """Open a desk with a database of its own; `address` is that of its inbox."""
    places = copy_sqlite(template, folder)
    async with opened_beside(places, LocalBus(), clock) as (database, context):
        with context:
            services = make_services(places, database, LocalBus())
            company: Company = await found_company(services)
            await settle_inbox(services, company.inbox, acknowledge=True)
            await database.sql.execute(
                "UPDATE inbox SET address = $2 WHERE id = $1", company.inbox.id, address
            )
            inbox = await get_inbox(database.sql, company.inbox.id)
        yield Desk(services, inbox, clock, context)


def first_mail(sender: str = LIN, to: str = SUPPORT, **headers: str) -> Posted:
    mail = letter(sender=sender, to=to, **headers)
    return Posted(sender, (to,), mail.as_bytes())


async def rounds_until_silent(desk: Desk, habits: Habits, address: str = LIN) -> int:
    """Let the responder answer whatever the desk sends; return how many mails the desk sent."""
    await desk.take(first_mail(address))
    numbers = itertools.count(1)
    for _ in range(MOST_ROUNDS):
        posted = await desk.send()
        if not posted:
            return len(desk.sent)
        for one in posted:
            for answer in answer_to(one, habits, address, next(numbers)):
                await desk.take(answer)
    raise AssertionError(f"the desk still sends after {MOST_ROUNDS} rounds")


async def test_two_desks_that_answer_each_other_are_silent_after_one_mail(
    sqlite_template: Path, tmp_path: Path
) -> None:
    other = "help@other.example"
    clock = FakeClock()
    async with (
        desk_at(sqlite_template, tmp_path / "a", clock) as ours,
        desk_at(sqlite_template, tmp_path / "b", clock, other) as theirs,
    ):
        await ours.take(first_mail(other))
        await _exchange(ours, theirs)
        assert (len(ours.sent), len(theirs.sent)) == (1, 0)


async def test_two_desks_whose_mail_loses_every_mark_are_silent_after_three(
    sqlite_template: Path, tmp_path: Path
) -> None:
    other = "help@other.example"
    clock = FakeClock()
    async with (
        desk_at(sqlite_template, tmp_path / "a", clock) as ours,
        desk_at(sqlite_template, tmp_path / "b", clock, other) as theirs,
    ):
        await ours.take(first_mail(other))
        await _exchange(ours, theirs, stripped=True)
        assert 1 < len(ours.sent) <= 3
        assert 1 < len(theirs.sent) <= 3


async def _exchange(ours: Desk, theirs: Desk, *, stripped: bool = False) -> None:
    for _ in range(MOST_ROUNDS):
        moved = 0
        for source, target in ((ours, theirs), (theirs, ours)):
            for one in await source.send():
                moved += 1
                await target.take(without_marks(one) if stripped else one)
        if not moved:
            return
    raise AssertionError(f"the desks still write after {MOST_ROUNDS} rounds")


async def test_a_vacation_responder_hears_of_us_once(sqlite_template: Path, tmp_path: Path) -> None:
    for number, habits in enumerate(
        (VACATION, Habits(target=Target.FROM), Habits(target=Target.REPLY_TO, threads=False))
    ):
        folder = tmp_path / str(number)
        async with desk_at(sqlite_template, folder, FakeClock()) as desk:
            assert await rounds_until_silent(desk, habits) == 1


async def test_a_mailing_list_that_returns_our_mail_is_silent(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """Somebody wrote through a list whose answers go to the list, and we are a member of it."""
    post = "all@lists.example"
    async with desk_at(sqlite_template, tmp_path, FakeClock()) as desk:
        with desk.context:
            await settle_inbox(
                desk.services, desk.inbox, acknowledge=True, people_lists=["all.lists.example"]
            )
        await desk.take(first_mail(Reply_To=post, List_Id="<all.lists.example>"))
        for _ in range(MOST_ROUNDS):
            posted = await desk.send()
            if not posted:
                break
            for one in posted:
                assert one.recipients == (post,)
                mail = one.mail
                mail["List-Id"] = "<all.lists.example>"
                await desk.take(Posted("all-bounces@lists.example", (SUPPORT,), mail.as_bytes()))
        assert len(desk.sent) == 1
        with desk.context:
            assert await count(desk.services, "ticket") == 1


async def test_a_bounce_loop_ends_with_the_first_notice(
    sqlite_template: Path, tmp_path: Path
) -> None:
    async with desk_at(sqlite_template, tmp_path, FakeClock()) as desk:
        await desk.take(first_mail())
        (ours,) = await desk.send()
        named = str(ours.mail["Message-ID"]).strip("<>")
        notice = Posted("", (ours.sender,), bounce(named, LIN, to=ours.sender))
        for _ in range(3):
            await desk.take(notice)
            assert await desk.send() == []
        await desk.take(first_mail())
        assert len(desk.sent) == 1


async def test_a_server_that_bounces_like_a_person_gets_no_second_mail(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """No report, no header, no null sender: it writes to the address that bounces go to."""
    habits = Habits(subject="Your mail could not be delivered {number}", threads=False, faces=50)
    async with desk_at(sqlite_template, tmp_path, FakeClock()) as desk:
        assert await rounds_until_silent(desk, habits) == 1


SIGNS = st.fixed_dictionaries(
    {},
    optional={
        "Auto-Submitted": st.sampled_from(["no", "auto-replied", "auto-generated"]),
        "Precedence": st.sampled_from(["bulk", "list", "first-class"]),
        "X-Autoreply": st.just("yes"),
        "List-Id": st.just("<l.example>"),
    },
)
HABITS = st.builds(
    Habits,
    target=st.sampled_from(Target),
    headers=SIGNS,
    threads=st.booleans(),
    subject=st.sampled_from(["Re: {subject}", "{subject}", "Hello", "Ticket {number}", ""]),
    faces=st.sampled_from([1, 1, 2]),
    copies=st.integers(1, 2),
)
DELAYS = st.lists(st.integers(0, 7_200), min_size=1, max_size=8)


@given(HABITS, DELAYS)
@settings(
    max_examples=15 * EFFORT,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_responder_stays_within_the_brakes(
    sqlite_template: Path, habits: Habits, delays: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run_responder(sqlite_template, Path(folder), habits, delays))


async def _run_responder(template: Path, folder: Path, habits: Habits, delays: list[int]) -> None:
    clock = FakeClock()
    async with desk_at(template, folder, clock) as desk:
        await desk.take(first_mail())
        numbers = itertools.count(1)
        for delay in delays:
            posted = await desk.send()
            clock.advance(delay)
            for one in posted:
                for answer in answer_to(one, habits, LIN, next(numbers)):
                    await desk.take(answer)
        await desk.send()
        _require_bound([(at, one.recipients[0]) for at, one in desk.sent])


def _require_bound(sent: list[tuple[datetime, str]]) -> None:
    for start, _ in sent:
        window = [to for at, to in sent if timedelta() <= at - start < timedelta(hours=3)]
        assert max(Counter(window).values()) <= brakes.MOST_FOR_SENDER


class Ledger:
    """What `count_sent` reads from rows, kept in memory: for millions of letters."""

    def __init__(self) -> None:
        self.sent: list[tuple[datetime, Letter]] = []
        self.open_until: datetime | None = None

    def facts(self, letter: Letter, now: datetime) -> Sent:
        def since(span: timedelta) -> Iterator[Letter]:
            return (one for at, one in self.sent if at > now - span)

        ten = timedelta(minutes=brakes.BREAKER_MINUTES)
        reset = self.open_until or now - ten
        return Sent(
            sum(
                (one.address, one.subject_key) == (letter.address, letter.subject_key)
                for one in since(timedelta(hours=brakes.SAME_SUBJECT_HOURS))
            ),
            sum(
                one.address == letter.address for one in since(timedelta(hours=brakes.SENDER_HOURS))
            ),
            sum(at > now - ten and at > reset for at, _ in self.sent),
            self.open_until,
        )


@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 400), st.integers(0, 3)),
        min_size=150,
        max_size=400,
    )
)
@settings(max_examples=40 * EFFORT, deadline=None)
def test_an_inbox_never_writes_more_than_its_breaker_lets_through(
    mails: list[tuple[int, int, int]],
) -> None:
    ledger = Ledger()
    now = datetime(2027, 3, 2, tzinfo=UTC)
    for gap, sender, subject in mails:
        now += timedelta(milliseconds=gap)
        letter_now = Letter(f"{sender}@contact.example", f"Matter {subject}")
        sent = ledger.facts(letter_now, now)
        withheld = brakes.hold_back(letter_now, sent, now)
        if brakes.breaks(sent, now):
            assert withheld is not None
            ledger.open_until = now + timedelta(hours=brakes.OPEN_HOURS)
        if ledger.open_until is not None:
            assert withheld is not None
        if withheld is None:
            ledger.sent.append((now, letter_now))
    assert len(ledger.sent) <= brakes.MOST_OF_INBOX
    per_sender = Counter(one.address for _, one in ledger.sent)
    assert not per_sender or max(per_sender.values()) <= brakes.MOST_FOR_SENDER
    per_subject = Counter((one.address, one.subject_key) for _, one in ledger.sent)
    assert not per_subject or max(per_subject.values()) == 1


def test_the_breaker_does_open() -> None:
    full = Sent(0, 0, brakes.MOST_OF_INBOX, None)
    now = datetime(2027, 3, 2, tzinfo=UTC)
    letter_now = Letter(LIN, "Hello")
    assert brakes.hold_back(letter_now, full, now) is Withheld.BREAKER
    assert brakes.breaks(full, now)
