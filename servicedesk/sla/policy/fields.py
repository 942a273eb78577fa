"""What a policy may ask for. Whoever measures a ticket knows each of these of it."""

KNOWN_FIELDS = (
    "ticket.channel",
    "ticket.status",
    "ticket.priority",
    "ticket.subject",
    "ticket.language",
    "ticket.brand",
    "ticket.inbox",
    "ticket.queue",
    "ticket.team",
    "ticket.assignee",
    "ticket.tags",
    "contact.id",
    "contact.name",
    "contact.locale",
    "contact.time_zone",
    "organization.id",
    "organization.name",
    "organization.tier",
)
