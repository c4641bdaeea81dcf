"""Parses frames from clients with websockets' sans-I/O core. A parser exists only while something is pending.

Version 1 of the protocol has no messages from clients. A client's frames are checked as RFC 6455 requires, and ignored.
Pings are answered and closing handshakes completed. A protocol error closes the connection with its code. A client
that sends more than its budget (hub/client_budgets.py) is closed with 1008.
"""

from __future__ import annotations

import codecs
import logging

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import SERVER, Protocol, State
from websockets.streams import StreamReader

MESSAGE_MAX = 4_096  # bytes of one client message, after decompression

websockets_log = logging.getLogger("stoppress.websocket")
websockets_log.setLevel(logging.WARNING)  # websockets logs every closed connection at level INFO

_BETWEEN_FRAMES = StreamReader.at_eof.__code__


class ClientFrames:
    """The parser of one connection.

    `deflated` means that permessage-deflate was negotiated, so the client may compress too.
    """

    __slots__ = ("_decoder", "_protocol", "count")

    def __init__(self, *, deflated: bool = False) -> None:
        self._protocol = Protocol(SERVER, state=State.OPEN, max_size=MESSAGE_MAX, logger=websockets_log)
        if deflated:
            self._protocol.extensions = [PerMessageDeflate(True, True, 15, 15)]
        self._decoder: codecs.IncrementalDecoder | None = None
        self.count = 0  # frames that the last `receive` found

    def expect_close(self) -> None:
        """Note that a close frame was sent. The client's close frame is then its answer, and is not answered again."""
        if self._protocol.state is State.OPEN:
            self._protocol.close_sent = Close(CloseCode.NORMAL_CLOSURE, "")
            self._protocol.state = State.CLOSING

    def receive(self, data: bytes) -> list[bytes]:
        """Parse `data`, and return the bytes to write. An empty item means: send end of file, and nothing after it."""
        protocol = self._protocol
        protocol.receive_data(data)
        events = protocol.events_received()
        self.count = len(events)
        try:
            for frame in events:
                if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    self.frame_received(frame)
        except UnicodeDecodeError as error:
            if protocol.state is State.OPEN:
                protocol.fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
        return protocol.data_to_send()

    def refuse(self) -> list[bytes]:
        """Close the connection with 1008, and parse nothing more of it. Returns bytes to write, as `receive` does."""
        self._protocol.fail(CloseCode.POLICY_VIOLATION, "too many frames or bytes")
        return self._protocol.data_to_send()

    def frame_received(self, frame: Frame) -> None:
        """Check part of a message. Text must be UTF-8 (RFC 6455, 8.1), even if a fragment ends within a character.

        A subclass may extend this to answer messages.

        Raises:
            UnicodeDecodeError: the text is not UTF-8.
        """
        if frame.opcode is Opcode.TEXT:
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        if self._decoder is not None:
            self._decoder.decode(frame.data, frame.fin)
            if frame.fin:
                self._decoder = None

    def send(self, message: bytes, *, text: bool) -> None:
        """Have the next `receive` return `message` as a frame. Does nothing if the connection is closing."""
        if not self.over:
            (self._protocol.send_text if text else self._protocol.send_binary)(message)

    @property
    def over(self) -> bool:
        """Whether a close frame was sent, or the connection failed."""
        return self._protocol.state is not State.OPEN

    @property
    def idle(self) -> bool:
        """Whether no frame and no message is pending, so that a new parser could replace this one.

        The core does not report that it is between frames, but its suspended generator shows it. If a later version of
        websockets waits elsewhere, this is never true, and the parser is only kept longer.
        """
        if self.over or self._protocol.current_size is not None:
            return False
        waiting = getattr(self._protocol.parser, "gi_yieldfrom", None)
        return getattr(waiting, "gi_code", None) is _BETWEEN_FRAMES
