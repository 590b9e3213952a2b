"""The notebook API: the names and signatures of `minian.visualization`, without logic of its own.

Everything here is used by the pages as well; see the docstring of each for what it takes and gives.
"""

from __future__ import annotations

from minian_web.model.centroids import NNsort, centroid
from minian_web.model.scaling import norm, normalize
from minian_web.store.masks import load_mask
from minian_web.store.result_video import generate_videos
from minian_web.store.video import write_video
from minian_web.view.plots.curves import datashade_ndcurve

__all__ = [
    "NNsort",
    "centroid",
    "datashade_ndcurve",
    "generate_videos",
    "load_mask",
    "norm",
    "normalize",
    "write_video",
]
