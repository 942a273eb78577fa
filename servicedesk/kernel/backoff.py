"""How long to wait before trying again."""


def delay_seconds(attempts: int, *, first_seconds: float, longest_seconds: float) -> float:
    """Return the wait after `attempts` failed ones (at least 1): doubling, up to the longest."""
    doublings = min(max(attempts, 1) - 1, 60)  # 2.0 ** 60 is far past any longest
    return min(first_seconds * 2.0**doublings, longest_seconds)
