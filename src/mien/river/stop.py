"""How work in several processes stops at once when somebody presses Ctrl-C, and leaves nothing half-written."""

import multiprocessing
import signal
import threading
from contextlib import contextmanager


def not_heard():
    """Ctrl-C is sent to every process of a terminal; one that works for another does not hear it and is ended by it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def held_back():
    """Keep Ctrl-C from the processes that are started inside, from their first moment on (they inherit it)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def end(others, parts):
    """End the processes started here, but for ``others``, and remove what they had begun to write beside ``parts``."""
    for process in multiprocessing.active_children():
        if process not in others:
            process.kill()
            process.join()
            tidy(process.pid, parts)


def tidy(pid, parts):
    """Remove what a process that is gone had begun to write beside ``parts``.

    A kept file appears whole or not at all (:func:`mien.store.kept`), so whatever is there is good for the next call.
    """
    for folder in {part.parent for part in parts}:
        for begun in folder.glob(f".{pid}.*"):
            begun.unlink(missing_ok=True)
