"""Both ports in plain memory: for simulations, and as the plainest statement of what they do."""

from sync.memory.books import MemoryBooks
from sync.memory.phone import MemoryPhone

__all__ = ["MemoryBooks", "MemoryPhone"]
