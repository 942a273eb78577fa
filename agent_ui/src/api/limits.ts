/** How long what people type may be, as the desk's OpenAPI document says (its types do not carry lengths). */
export const LONGEST = {
  /** Of users, teams, queues, inboxes and the company. */
  name: 100,
  contactName: 200,
  /** RFC 5321 §4.5.3.1.3, less the angle brackets. */
  address: 254,
  subject: 1000,
  /** What is said on declining an offer. */
  note: 1000,
  search: 200,
  password: 200,
} as const

/** The desk refuses shorter passwords as `weak-password`. */
export const SHORTEST_PASSWORD = 10
