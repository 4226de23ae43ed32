"""Freed memory goes back to the system, so that long recordings need no more of it than short ones."""

import ctypes
import sys

import pyarrow as pa


def give_back():
    """Return freed memory to the system: the C library keeps it in small pieces, 5 MB more with each piece of video."""
    pa.default_memory_pool().release_unused()
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
