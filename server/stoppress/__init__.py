"""Stop Press, a real-time live-blog server."""

from importlib.metadata import version

__version__ = version("stoppress")
