"""Mailboxes: mail fetched over IMAP (RFC 3501), announced by IDLE (RFC 2177) or looked for."""
