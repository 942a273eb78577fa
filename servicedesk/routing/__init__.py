"""Which agent gets which work order: queues, offers, presence and the engine that matches them."""
