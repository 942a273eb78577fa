"""What charset do these bytes look like? For text without a label, or with one that is wrong.

Each candidate is scored by how many of its two-byte characters are everyday ones: level-1 hanzi of
GB 2312, hangul of KS X 1001, kana of JIS, level-1 hanzi of Big5; single bytes by letters in a row.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

LOOKED_AT_BYTES = 4_000
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class _Candidate:
    codec: str
    is_everyday: Callable[[int, int], bool]
    weight: float = 1.0


def _gb(lead: int, trail: int) -> bool:
    return (0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3)) and trail >= 0xA1


def _korean(lead: int, trail: int) -> bool:
    return 0xB0 <= lead <= 0xC8 and trail >= 0xA1


def _euc_jp(lead: int, trail: int) -> bool:
    return lead in (0xA4, 0xA5) and trail >= 0xA1


def _shift_jis(lead: int, trail: int) -> bool:
    return (lead == 0x82 and 0x9F <= trail <= 0xF1) or (lead == 0x83 and 0x40 <= trail <= 0x96)


def _big5(lead: int, trail: int) -> bool:
    return 0xA4 <= lead <= 0xC6 and (0x40 <= trail <= 0x7E or trail >= 0xA1)


# Kana are far rarer by chance than hanzi, so half as many are proof enough.
CANDIDATES = (
    _Candidate("euc_jp", _euc_jp, 2.0),
    _Candidate("cp932", _shift_jis, 2.0),
    _Candidate("cp949", _korean, 1.02),
    _Candidate("gb18030", _gb),
    _Candidate("big5hkscs", _big5, 0.95),
)


def guess_charset(data: bytes) -> str:
    """A codec that decodes at least the beginning of `data`; cp1252 when nothing else fits."""
    sample = data[:LOOKED_AT_BYTES]
    if _runs_of_high_bytes(sample) < 2:  # accents stand alone, other scripts stand together
        return "cp1252"
    best, best_score = "", ENOUGH
    for candidate in CANDIDATES:
        score = _score(sample, candidate)
        if score > best_score:
            best, best_score = candidate.codec, score
    return best or _guess_cyrillic(sample)


def _score(sample: bytes, candidate: _Candidate) -> float:
    try:
        # A character may be torn at the end of the sample.
        sample[: len(sample) - 4].decode(candidate.codec) if len(sample) >= LOOKED_AT_BYTES else (
            sample.decode(candidate.codec)
        )
    except UnicodeDecodeError:
        return 0.0
    pairs = everyday = 0
    position = 0
    while position < len(sample) - 1:
        if sample[position] < 0x80:
            position += 1
            continue
        pairs += 1
        everyday += candidate.is_everyday(sample[position], sample[position + 1])
        position += 2
    return candidate.weight * everyday / pairs if pairs else 0.0


def _runs_of_high_bytes(sample: bytes) -> float:
    """Mean length of a run of bytes beyond ASCII."""
    runs = HIGH_BYTES.findall(sample)
    return sum(map(len, runs)) / len(runs) if runs else 0.0


def _guess_cyrillic(sample: bytes) -> str:
    """koi8-r has its small letters at C0..DF, windows-1251 at E0..FF; texts are mostly small."""
    high = [byte for byte in sample if byte >= 0xC0]
    if len(high) < 8 or len(high) * 10 < sum(byte >= 0x80 for byte in sample) * 9:
        return "cp1252"
    small_in_koi8 = sum(byte < 0xE0 for byte in high)
    return "koi8_r" if small_in_koi8 * 2 > len(high) else "cp1251"
