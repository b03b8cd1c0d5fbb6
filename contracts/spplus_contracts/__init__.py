"""The language of the platform: what services and agencies say to each other, and nothing else."""

from spplus_contracts.answers import BulkAnswers, RequestAnswered, SingleAnswer
from spplus_contracts.envelope import Envelope, EnvelopeError, structured, unwrap
from spplus_contracts.event import Event, Statement, canonical_json
from spplus_contracts.feedback import FeedbackSubmitted, Score
from spplus_contracts.indicators import IndicatorComputed, Interval, Period
from spplus_contracts.structures import AnnouncedDelay, ParentLink, StructureDeclared
from spplus_contracts.topics import TOPICS, Topic, topic_of
from spplus_contracts.withdrawals import FeedbackWithdrawn

__all__ = [
    "TOPICS",
    "AnnouncedDelay",
    "BulkAnswers",
    "Envelope",
    "EnvelopeError",
    "Event",
    "FeedbackSubmitted",
    "FeedbackWithdrawn",
    "IndicatorComputed",
    "Interval",
    "ParentLink",
    "Period",
    "RequestAnswered",
    "Score",
    "SingleAnswer",
    "Statement",
    "StructureDeclared",
    "Topic",
    "canonical_json",
    "structured",
    "topic_of",
    "unwrap",
]
