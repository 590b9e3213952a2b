"""The notebook API: the names and signatures of `minian.visualization`, without logic of its own.

Everything here is used by the pages as well; see the docstring of each for what it takes and gives.
"""

from __future__ import annotations

from minian_web.store.masks import load_mask

__all__ = [
    "load_mask",
]
