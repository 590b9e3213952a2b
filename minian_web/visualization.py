"""The notebook API: the names and signatures of `minian.visualization`, without logic of its own.

Everything here is used by the pages as well; see the docstring of each for what it takes and gives.
"""

from __future__ import annotations

from minian_web.model.centroids import NNsort, centroid
from minian_web.model.pipeline.autoregression import construct_G, construct_pulse_response, convolve_G
from minian_web.model.scaling import norm, normalize
from minian_web.store.masks import load_mask
from minian_web.store.result_video import generate_videos
from minian_web.store.video import write_video
from minian_web.view.align import AlignViewer
from minian_web.view.array_viewer import VArrayViewer
from minian_web.view.cnmf_viewer import CNMFViewer
from minian_web.view.plots.curves import datashade_ndcurve
from minian_web.view.plots.gmm import visualize_gmm_fit
from minian_web.view.plots.motion import visualize_motion
from minian_web.view.plots.preprocess import visualize_preprocess
from minian_web.view.plots.seeds import visualize_seeds
from minian_web.view.plots.spatial import visualize_spatial_update
from minian_web.view.plots.temporal import visualize_temporal_update

__all__ = [
    "AlignViewer",
    "CNMFViewer",
    "NNsort",
    "VArrayViewer",
    "centroid",
    "construct_G",
    "construct_pulse_response",
    "convolve_G",
    "datashade_ndcurve",
    "generate_videos",
    "load_mask",
    "norm",
    "normalize",
    "visualize_gmm_fit",
    "visualize_motion",
    "visualize_preprocess",
    "visualize_seeds",
    "visualize_spatial_update",
    "visualize_temporal_update",
    "write_video",
]
