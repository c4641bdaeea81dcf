"""Pages and feeds kept ready: made once for each state of a blog, and written without ASGI where that is possible."""
