"""Workers of measure_mail_to_ticket: each takes the same mails in, its own way."""
