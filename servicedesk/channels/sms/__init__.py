"""The sms channel. Empty until it is built (see docs/ROADMAP)."""
