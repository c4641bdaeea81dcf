"""A bare Starlette `Response` on uvicorn as it comes, under the settings that Stop Press gives it.

    python bench/bare.py PORT HEADERS BODY

HEADERS is a file with a JSON object, BODY one with the bytes to answer. The answer is made once, before the first
request; there is no routing and no middleware but uvicorn's own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import uvicorn
from starlette.responses import Response

from stoppress.settings import Settings


def main() -> None:
    """Serve until SIGTERM."""
    port, headers, body = sys.argv[1:]
    settings = Settings()
    answer = Response(Path(body).read_bytes(), headers=json.loads(Path(headers).read_text()))
    uvicorn.run(
        answer,
        port=int(port),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )


if __name__ == "__main__":
    main()
