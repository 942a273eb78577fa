"""From journal entries to frames on the consoles that may see them."""
