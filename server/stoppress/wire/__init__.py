"""The messages that readers get (docs/protocol.md).

messages     the fields of every message, the forms, the close codes and the reasons
build_messages  functions that build the messages
schema       JSON Schemas of the messages, for AsyncAPI, the docs and the client's types
"""

from stoppress.wire.build_messages import Markup, bye, change, dump_blog, heartbeat, hello, large_post, reset
from stoppress.wire.messages import ByeReason, Close, Form, ResetReason

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
