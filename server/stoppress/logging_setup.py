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
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # don't log the demo's own requests
