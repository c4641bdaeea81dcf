"""Whether the installed uvicorn is one on which the fast path works.

On the fast path, connections leave ASGI (hub/socket/bypass_uvicorn.py, hub/socket/upgrade.py), and finished pages are
sent before it (web/cache/fast_path.py). For that, those modules and web/http/head_limit.py use parts of uvicorn that
are not its public interface. So `stoppress serve` uses the fast path only with the releases of uvicorn that it was
tested with, and only if these parts exist. With any other uvicorn, `stoppress serve` uses the ordinary path
(docs/decisions/0052).
"""

from __future__ import annotations

import importlib
import inspect
import re
from importlib.metadata import version

TESTED = ((0, 54), (0, 55))  # from the first release line, up to but without the second

_HTTP = "uvicorn.protocols.http.httptools_impl"
# What is used of uvicorn: a module, a name in it, and the parameters with which it is called.
_USED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (_HTTP, "HttpToolsProtocol", ("config", "server_state", "app_state", "_loop")),
    (_HTTP, "HttpToolsProtocol._start_asgi_task", ("cycle", "app")),
    (_HTTP, "HttpToolsProtocol.data_received", ("data",)),
    (_HTTP, "HttpToolsProtocol.on_message_begin", ()),
    (_HTTP, "HttpToolsProtocol.on_body", ("body",)),
    (_HTTP, "HttpToolsProtocol.on_message_complete", ()),
    (_HTTP, "HttpToolsProtocol.on_response_complete", ()),
    (_HTTP, "HttpToolsProtocol._unset_keepalive_if_required", ()),
    (_HTTP, "HttpToolsProtocol.on_url", ("url",)),
    (_HTTP, "HttpToolsProtocol.on_header", ("name", "value")),
    (_HTTP, "HttpToolsProtocol.on_headers_complete", ()),
    (_HTTP, "HttpToolsProtocol.send_400_response", ("msg",)),
    (_HTTP, "HttpToolsProtocol.handle_websocket_upgrade", ()),
    (_HTTP, "RequestResponseCycle", ("scope", "transport", "access_log", "message_event", "keep_alive", "on_response")),
    ("uvicorn.protocols.utils", "get_client_addr", ("scope",)),
    ("uvicorn.protocols.utils", "get_path_with_query_string", ("scope",)),
    ("uvicorn.server", "ServerState", ()),
    ("uvicorn._types", "ASGI3Application", ()),
)


def why_unknown() -> str | None:
    """Why the fast path can't be used with the installed uvicorn, in a few words. None if it can."""
    installed = version("uvicorn")
    first, end = TESTED
    numbers = tuple(int(number) for number in re.findall(r"\d+", installed)[:2])
    if not first <= numbers < end:
        return f"expected uvicorn >={_name(first)},<{_name(end)}, but got {installed}"
    for module, name, parameters in _USED:
        if not _has(module, name, parameters):
            return f"uvicorn {installed} has no {module}.{name} as expected"
    return None


def _name(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _has(module: str, name: str, parameters: tuple[str, ...]) -> bool:
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return False
    return not parameters or set(parameters) <= set(inspect.signature(found).parameters)  # type: ignore[arg-type]
