"""Why a story is rejected: a closed list, told to its author and counted."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a moderator rejects a story."""

    OFF_TOPIC = "off_topic"
    """It tells of no public service."""
    ABUSIVE = "abusive"
    """Insults, threats, hatred."""
    PERSONAL_DATA = "personal_data"
    """It is about a person who could be recognised, however much is masked."""
    ADVERTISING = "advertising"
    DUPLICATE = "duplicate"
    """The same story was told before."""
    ILLEGIBLE = "illegible"
    UNLAWFUL = "unlawful"
    """Publishing it would break the law."""
    AUTOMATED = "automated"
    """Sent by a program, not by a person."""
