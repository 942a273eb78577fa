"""E-mail: received over SMTP, parsed, answered, sent."""
