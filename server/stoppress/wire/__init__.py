"""The messages that readers get (docs/protocol.md).

messages        the fields of every message, the forms and the reasons
build_messages  functions that build the messages
close_codes     the WebSocket close codes
schema          JSON Schemas of the messages, for AsyncAPI, the docs and the client's types
"""

from stoppress.wire.build_messages import Markup, bye, change, dump_blog, heartbeat, hello, large_post, reset
from stoppress.wire.close_codes import Close
from stoppress.wire.messages import ByeReason, Form, ResetReason

__all__ = [
    "ByeReason",
    "Close",
    "Form",
    "Markup",
    "ResetReason",
    "bye",
    "change",
    "dump_blog",
    "heartbeat",
    "hello",
    "large_post",
    "reset",
]
