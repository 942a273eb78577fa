"""How much of a mail is looked at. What is beyond stays in the raw mail and is named in defects.

Everything is checked on the bytes before anything is built from them, so that the worst mail costs
about as much as a large ordinary one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. Reached limits become defects, never errors."""

    header_block_bytes: int = 512_000
    header_value_bytes: int = 100_000
    header_lines: int = 20_000
    parts: int = 1_000
    depth: int = 100
    boundary_candidates: int = 20_000
    scanned_bytes: int = 300_000_000
    """Sum over all nesting levels of the bytes searched for a boundary."""
    unwrapped_bytes: int = 60_000_000
    """Sum over nested messages that are themselves encoded: each is a copy."""
    text_bytes: int = 1_000_000
    html_bytes: int = 2_000_000
    addresses: int = 1_000
    message_ids: int = 500


LIMITS = Limits()
