"""Make `tests/data/pipeline` from real minian results: `python -m tests.make_pipeline_data PEER_DATA`.

What the pipeline itself computed, to compare with, cut down to some units and stored without zeros.
"""

# ruff: noqa: TID251 - a script beside the package
from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

TARGET = Path(__file__).parent / "data" / "pipeline"
SPATIAL = (0.005, 0.01, 0.05)
TEMPORAL = (0.1, 0.5, 1, 2)
UNITS = 5  # of the temporal sweep


def opened(path: Path) -> xr.DataArray:
    return xr.open_zarr(path, consolidated=False)[path.stem].load()


def flat(images: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Where there is something, as bits, and how much."""
    values = images.transpose("unit_id", "height", "width").values.reshape(-1)
    values[values < 1e-12] = 0  # one value of 3e-19 is what rounding left
    return np.packbits(values > 0), values[values > 0]


def spatial(session: Path) -> dict[str, Any]:
    inner = session / "minian_intermediate"
    sweeps = {penal: opened(session / "steps/sweep_spatial2" / f"sparse_penal={penal}" / "A.zarr") for penal in SPATIAL}
    units = sweeps[SPATIAL[0]]["unit_id"].values
    at, values = flat(opened(inner / "A_mrg.zarr").sel(unit_id=units))
    traces = opened(inner / "sig_mrg.zarr").sel(unit_id=units).transpose("unit_id", "frame").values
    found = {"units": units, "before_at": at, "before": values.astype(np.float32), "traces": traces}
    found["sn"] = opened(inner / "sn_spatial.zarr").transpose("height", "width").values.astype(np.float32)
    for penal, footprints in sweeps.items():
        assert np.array_equal(footprints["unit_id"], units)
        places, after = flat(footprints)
        found |= {f"after_at_{penal}": places, f"after_{penal}": after.astype(np.float16)}
    return found


def temporal(session: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    runs = {penal: f"p=1,sparse_penal={penal},add_lag=20,noise_freq=0.06" for penal in TEMPORAL}
    traces = opened(session / "steps/sweep_temporal2" / runs[1] / "YrA.zarr").transpose("unit_id", "frame")
    everybody = traces["unit_id"].values[:UNITS]
    for penal, name in runs.items():
        one = {which: opened(session / "steps/sweep_temporal2" / name / f"{which}.zarr") for which in "CSg"}
        units = one["C"]["unit_id"].values
        units = units[np.isin(units, everybody)]
        found[f"units_{penal}"] = units
        for which, values in one.items():
            kept = values.sel(unit_id=units).transpose("unit_id", ...).values
            found[f"{which}_{penal}"] = kept if which == "g" else kept.astype(np.float32)
    return found | {"YrA": traces.values[:UNITS], "units": everybody}


def reference(peer: Path) -> dict[str, np.ndarray]:
    with np.load(peer / "reference/animal1_session1/reference.npz") as all_of:
        chosen = {n: all_of[n] for n in all_of.files if n[:2] in ("G0", "G1", "G2", "G3") or n[:4] in ("puls", "conv")}
        chosen |= {n: all_of[n][:1] for n in all_of.files if n.startswith("smooth")}
        shifts = {"shift_in": all_of["shift_in"][:2], "shift_motion": all_of["shift_motion"][:2]}
        return chosen | shifts | {"shifted": all_of["apply_shifts_fill0"][:2].astype(np.uint8)}


def main(peer: Path) -> None:
    session = peer / "animal1" / "session1"
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for name in ("seeds_init", "seeds_pnr", "seeds_ks", "seeds_final"):
        shutil.copy(session / "steps" / f"{name}.csv", TARGET)
    shutil.copy(session / "steps" / "pnr.npz", TARGET)
    shutil.copy(session / "steps" / "params.json", TARGET)
    json.loads((TARGET / "params.json").read_text())
    np.savez_compressed(TARGET / "spatial.npz", **spatial(session))
    np.savez_compressed(TARGET / "temporal.npz", **temporal(session))
    np.savez_compressed(TARGET / "reference.npz", **reference(peer))
    with np.load(session / "ground_truth.npz") as truth:
        np.savez_compressed(TARGET / "shifts.npz", shifts=truth["shifts"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
