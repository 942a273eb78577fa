"""What can be wrong with a calendar, a policy or a question to them."""

from servicedesk.domain.errors import BadInput


class CalendarInvalid(BadInput):
    """Working hours that contradict themselves, or a zone that does not exist."""

    code = "calendar-invalid"


class NeverOpens(BadInput):
    """The calendar has no working time left in which the target could be reached."""

    code = "calendar-never-opens"


class TimeOutOfRange(BadInput):
    """An instant, or a deadline, for which no zone rules are known."""

    code = "time-out-of-range"


class PolicyInvalid(BadInput):
    """A policy that could not be measured, or names a field that no ticket has."""

    code = "policy-invalid"
