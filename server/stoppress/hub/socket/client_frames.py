"""What clients send, read by websockets' sans-I/O core: made when bytes arrive, let go when nothing is pending.

Version 1 of the protocol has nothing for clients to say, so their messages are checked as RFC 6455 asks and ignored.
Pings are answered, the closing handshake is completed, breaches are closed with their code.
"""

from __future__ import annotations

import codecs
import logging

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import SERVER, Protocol, State
from websockets.streams import StreamReader

MESSAGE_MAX = 4_096  # bytes of one client message, inflated

quiet = logging.getLogger("stoppress.websocket")
quiet.setLevel(logging.WARNING)  # websockets notes every closed connection at level INFO

_BETWEEN_FRAMES = StreamReader.at_eof.__code__


class ClientFrames:
    """One connection's parser. `deflated`: permessage-deflate was agreed on, so the client may compress as well."""

    __slots__ = ("_decoder", "_protocol")

    def __init__(self, *, deflated: bool = False) -> None:
        self._protocol = Protocol(SERVER, state=State.OPEN, max_size=MESSAGE_MAX, logger=quiet)
        if deflated:
            self._protocol.extensions = [PerMessageDeflate(True, True, 15, 15)]
        self._decoder: codecs.IncrementalDecoder | None = None

    def expect_close(self) -> None:
        """A close frame was sent: the one that comes is its answer, and is not answered."""
        if self._protocol.state is State.OPEN:
            self._protocol.close_sent = Close(CloseCode.NORMAL_CLOSURE, "")
            self._protocol.state = State.CLOSING

    def receive(self, data: bytes) -> list[bytes]:
        """Take in `data`; what is to be written. Empty bytes mean: send end of file, nothing may follow."""
        protocol = self._protocol
        protocol.receive_data(data)
        try:
            for frame in protocol.events_received():
                if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                    self.frame_received(frame)
        except UnicodeDecodeError as error:
            if protocol.state is State.OPEN:
                protocol.fail(CloseCode.INVALID_DATA, f"{error.reason} at position {error.start}")
        return protocol.data_to_send()

    def frame_received(self, frame: Frame) -> None:
        """Check part of a message. Text must be UTF-8 (RFC 6455, 8.1), also where a fragment ends within a character.

        A subclass may extend this to answer messages. Raises UnicodeDecodeError.
        """
        if frame.opcode is Opcode.TEXT:
            self._decoder = codecs.getincrementaldecoder("utf-8")()
        if self._decoder is not None:
            self._decoder.decode(frame.data, frame.fin)
            if frame.fin:
                self._decoder = None

    def send(self, message: bytes, *, text: bool) -> None:
        """Have the next `receive` return `message` as a frame. Does nothing once the connection is closing."""
        if not self.over:
            (self._protocol.send_text if text else self._protocol.send_binary)(message)

    @property
    def over(self) -> bool:
        """A close frame was sent or the connection failed."""
        return self._protocol.state is not State.OPEN

    @property
    def idle(self) -> bool:
        """Nothing is pending, no frame and no message: a new parser would go on as well as this one.

        The core does not tell that it waits between frames, but the place where its generator waits does. Should a
        later version wait elsewhere, this is never true, and the parser is merely kept.
        """
        if self.over or self._protocol.current_size is not None:
            return False
        waiting = getattr(self._protocol.parser, "gi_yieldfrom", None)
        return getattr(waiting, "gi_code", None) is _BETWEEN_FRAMES
