"""What goes wrong with a mailbox, in words for whoever set it up. No secrets, no mail in them."""

from servicedesk.domain.errors import ServicedeskError

SAYS = "says"
"""The fact that holds the server's own words."""


class MailboxFault(ServicedeskError):
    """The mailbox cannot be used now."""

    code = "mailbox-fault"


class MailboxAway(MailboxFault):
    """It does not answer, or not any more: tried again by itself."""

    code = "mailbox-away"


class SignInRefused(MailboxFault):
    """The server does not let us in: somebody has to mend the settings."""

    code = "mailbox-sign-in-refused"


class FolderRefused(MailboxFault):
    """The folder is not there, or may not be opened."""

    code = "mailbox-folder-refused"


class CommandRefused(MailboxFault):
    """The server said NO or BAD to one command; `facts["words"]` has its words."""

    code = "mailbox-command-refused"
