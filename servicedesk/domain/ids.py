"""Names for ids, so that a ticket id is never handed over where a user id is meant."""

from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
TeamId = NewType("TeamId", UUID)
SessionId = NewType("SessionId", UUID)
ContactId = NewType("ContactId", UUID)
OrganizationId = NewType("OrganizationId", UUID)
BrandId = NewType("BrandId", UUID)
InboxId = NewType("InboxId", UUID)
QueueId = NewType("QueueId", UUID)
TicketId = NewType("TicketId", UUID)
MessageId = NewType("MessageId", UUID)
OrderId = NewType("OrderId", UUID)
OfferId = NewType("OfferId", UUID)
ArrivalId = NewType("ArrivalId", UUID)
AttachmentId = NewType("AttachmentId", UUID)
EffectId = NewType("EffectId", UUID)
OutboxId = NewType("OutboxId", UUID)

Position = NewType("Position", int)
"""A place in the journal, given after the commit (ADR 2). Readers resume after a position."""

TicketNumber = NewType("TicketNumber", int)
"""What people call a ticket by. From one sequence; gaps are allowed, none is used twice."""
