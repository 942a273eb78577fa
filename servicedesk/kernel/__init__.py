"""What every package stands on: configuration, database, journal, outbox, bus, blobs, secrets …"""
