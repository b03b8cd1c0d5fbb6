"""JSON logs without personal data.

A message of an exception may quote the value that caused it; so exceptions are logged by class and place, and by
message only where the class is known to speak of infrastructure.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

_SPEAKS_OF_INFRASTRUCTURE = (OSError, TimeoutError)


def configure(service: str, level: str) -> None:
    """Send structured logs, and those of the libraries, to standard output as one JSON object a line."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for quiet in ("aiokafka", "asyncio", "uvicorn"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True
    structlog.contextvars.bind_contextvars(service=service)


def _without_values(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info if isinstance(exc_info, BaseException) else (exc_info[1] if exc_info else None)
    if error is not None:
        event["error"] = describe(error)
        event["error_at"] = [
            f"{frame.filename.rsplit('/site-packages/')[-1]}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)[-6:]
        ]
    return event


def describe(error: BaseException) -> str:
    """Class of an exception, with its message only where that cannot quote a value."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, _SPEAKS_OF_INFRASTRUCTURE) else name
