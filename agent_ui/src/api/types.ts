/**
 * The names by which the console speaks of the desk's shapes, which are generated from its document.
 * Times are ISO 8601 UTC with an offset; ids are UUIDs; a larger priority is more urgent.
 */
import type { components } from './schema'

type Shapes = components['schemas']

export interface Page<T> {
  items: T[]
  next: string | null
}

export type Role = Shapes['Role']
export type Locale = Shapes['User']['locale']
export type Channel = Shapes['ChannelKind']
export type TicketStatus = Shapes['TicketStatus']
export type Attention = Shapes['Attention']
export type Priority = Shapes['Priority']
export type PresenceState = Shapes['PresenceState']
export type OfferState = Shapes['OfferState']
export type DeclineReason = Shapes['DeclineReason']
export type DeliveryState = Shapes['DeliveryState']

export type User = Shapes['User']
export type Session = Shapes['SessionShape']
export type SignedInPlace = Shapes['SessionInfo']
export type Team = Shapes['Team']
export type Queue = Shapes['Queue']
export type Inbox = Shapes['InboxShape']
export type InboxState = Shapes['InboxState']
export type InboxSetup = Shapes['InboxSetup']
export type MailboxFolder = Shapes['MailboxFolder']
export type MailProvider = Shapes['MailProvider']
export type DnsRecord = Shapes['DnsRecord']
export type MailTemplate = Shapes['TemplateShape']
export type TemplatePreview = Shapes['Preview']
export type Brand = Shapes['Brand']
export type QuarantineRow = Shapes['QuarantineRow']
export type Presence = Shapes['Presence']
export type ContactRef = Shapes['ContactReference']
export type WhyReason = Shapes['WhyCode']
export type Offer = Shapes['OfferCard']
export type WorkOrder = Shapes['OrderSummary']
export type TicketRow = Shapes['TicketSummary']
export type Participant = Shapes['Participant']
export type Recipient = Shapes['Recipient']
export type Attachment = Shapes['Attachment']
export type Delivery = Shapes['Delivery']
export type Message = Shapes['Message']
export type TicketMay = Shapes['Permissions']
export type Ticket = Shapes['TicketPage']
export type TicketDetails = Pick<Ticket, 'participants' | 'allowed_statuses' | 'may' | 'merged_into_id'>
/** A ticket with all but its messages: what a frame carries. */
export type TicketValues = TicketRow & TicketDetails
export type ChangedTicket = Shapes['TicketDetail']
export type Notice = Shapes['EscalationNotice']
export type Contact = Shapes['ContactPage']
export type ActivityEntry = Shapes['Activity']
export type Upload = Shapes['Upload']
