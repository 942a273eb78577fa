"""The Twilio client that sms and voice share. Empty until they are built (ROADMAP 6)."""
