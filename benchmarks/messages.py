"""The messages that an application sends to PostgreSQL and Redis: which of them are statements.

Each function takes the whole messages off the beginning of a buffer, and leaves the rest.
"""

from __future__ import annotations

# Query, and Execute of the extended protocol: PostgreSQL's manual, "Message Formats".
RUNNING = b"QE"
END = b"\r\n"


def postgresql_statements(buffer: bytearray) -> int:
    """How many statements the messages run."""
    number = 0
    while True:
        # The messages before a session has begun have no type: they start with their
        # length, which is small, so its first byte is 0.
        typed = int(bool(buffer) and buffer[0] != 0)
        end = typed + int.from_bytes(buffer[typed : typed + 4], "big")
        if len(buffer) < typed + 4 or len(buffer) < end:
            return number
        number += buffer[0] in RUNNING
        del buffer[:end]


def redis_commands(buffer: bytearray) -> int:
    """How many commands the messages are."""
    number = 0
    while end := _end_of_command(buffer):
        number += 1
        del buffer[:end]
    return number


def _end_of_command(buffer: bytearray) -> int:
    """Where the first command ends, which is an array of strings; 0 if it is incomplete."""
    line = buffer.find(END)
    if line < 0:
        return 0
    words, position = int(buffer[1:line]), line + len(END)
    for _ in range(words):
        line = buffer.find(END, position)
        if line < 0:
            return 0
        position = line + len(END) + int(buffer[position + 1 : line]) + len(END)
    return position if position <= len(buffer) else 0
