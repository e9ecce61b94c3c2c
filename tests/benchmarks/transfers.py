"""Bytes that another process gets and answers, in three ways.

Each way is a context manager that starts the other process. It yields a
function that sends the bytes and returns the answer: their size, and the last
one of them. No bytes are the end of the other process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pipe, Process, Queue
from multiprocessing.shared_memory import SharedMemory
from typing import Any

Answer = tuple[int, int]
Way = Iterator[Callable[[bytes], Answer]]


@contextmanager
def queue(size: int) -> Way:
    """Send the bytes through a `Queue`."""
    messages: Queue[bytes] = Queue()
    with _worker(_answer_queue, messages) as receive:

        def send(content: bytes) -> Answer:
            messages.put(content)
            return receive()

        yield send
        messages.put(b"")
    messages.close()
    messages.join_thread()  # no thread may be left: other rows fork


@contextmanager
def pipe(size: int) -> Way:
    """Send the bytes through a `Pipe`."""
    receiver, sender = Pipe(duplex=False)
    with receiver, sender, _worker(_answer_pipe, receiver) as receive:

        def send(content: bytes) -> Answer:
            sender.send(content)
            return receive()

        yield send
        sender.send(b"")


@contextmanager
def shared_memory(size: int) -> Way:
    """Copy the bytes into a `SharedMemory`, and send a short message."""
    receiver, sender = Pipe(duplex=False)
    memory: Any = SharedMemory(create=True, size=size)
    try:
        with (
            receiver,
            sender,
            _worker(_answer_memory, receiver, memory.name) as receive,
        ):

            def send(content: bytes) -> Answer:
                memory.buf[: len(content)] = content
                sender.send(len(content))
                return receive()

            yield send
            sender.send(0)
    finally:
        memory.close()
        memory.unlink()


@contextmanager
def _worker(
    answer: Callable[..., None], *arguments: Any
) -> Iterator[Callable[[], Answer]]:
    """Run a function in another process; yield what waits for an answer."""
    answers, sender = Pipe(duplex=False)
    process = Process(target=answer, args=(sender, *arguments), daemon=True)
    with answers, sender:
        process.start()
        yield answers.recv
        process.join()


def _answer_queue(answers: Any, messages: Any) -> None:
    while content := messages.get():
        answers.send((len(content), content[-1]))


def _answer_pipe(answers: Any, receiver: Any) -> None:
    while content := receiver.recv():
        answers.send((len(content), content[-1]))


def _answer_memory(answers: Any, receiver: Any, name: str) -> None:
    memory: Any = SharedMemory(name)
    while size := receiver.recv():
        answers.send((size, memory.buf[size - 1]))
    memory.close()
