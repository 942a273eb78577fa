"""What every package stands on: configuration, database, journal, outbox, leases, bus, jobs, blobs, secrets, http."""
