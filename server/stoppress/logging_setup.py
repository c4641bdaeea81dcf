"""Logging: lines on standard error, at the level of STOPPRESS_LOG_LEVEL."""

from __future__ import annotations

import logging
import sys

from stoppress.settings import Settings


def set_up_logging(settings: Settings) -> None:
    """Log to standard error, one line per message."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("uvicorn.access").disabled = not settings.access_log
    if not settings.access_log:
        logging.getLogger("uvicorn.error").addFilter(_not_about_a_websocket)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # don't log the demo's own requests


def _not_about_a_websocket(record: logging.LogRecord) -> bool:
    """False for what uvicorn's own WebSocket class logs for each connection (the ordinary path)."""
    return not (str(record.msg).startswith("connection ") or '"WebSocket %s"' in str(record.msg))
