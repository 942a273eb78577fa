"""Streams as Outlook writes them into a winmail.dat ([MS-OXTNEF]), to read them back."""

import struct
from collections.abc import Iterable

MESSAGE, FILE = 1, 2
BEGIN_FILE = (FILE, 0x69002, b"\0" * 14)


def make_winmail(*attributes: tuple[int, int, bytes]) -> bytes:
    """Attributes are (level, type and id, value)."""
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(
        struct.pack("<BII", level, name, len(value))
        + value
        + struct.pack("<H", sum(value) & 0xFFFF)
        for level, name, value in attributes
    )


def make_properties(properties: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Properties are (type, id, value) with a value of any length."""
    written = [
        struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)
        for kind, name, value in properties
    ]
    return struct.pack("<I", len(written)) + b"".join(written)


def text(name: int, value: str) -> tuple[int, int, bytes]:
    return 0x1F, name, (value + "\0").encode("utf-16-le")


def binary(name: int, value: bytes) -> tuple[int, int, bytes]:
    return 0x102, name, value


def file_attributes(*properties: tuple[int, int, bytes]) -> tuple[tuple[int, int, bytes], ...]:
    return BEGIN_FILE, (FILE, 0x69005, make_properties(properties))


def message_attribute(*properties: tuple[int, int, bytes]) -> tuple[int, int, bytes]:
    return MESSAGE, 0x69003, make_properties(properties)
