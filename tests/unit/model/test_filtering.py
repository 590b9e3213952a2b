import numpy as np
import pytest

from minian_web.errors import BadRequest
from minian_web.model.filtering import Filter

COLUMNS = {
    "unit": np.array([5, 1, 9, 15]),
    "status": np.array(["undecided", "kept", "undecided", "discarded"]),
    "note": np.array(["", "dim at Edge", "", ""], dtype=object),
    "area": np.array([10.0, 20, np.nan, 5]),
    "peak_snr": np.array([1.0, 4, 3, 2.5]),
}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", [5, 1, 9, 15]),
        ("undecided", [5, 9]),
        ("kept discarded", [1, 15]),
        ("area<15", [5, 15]),
        ("area >= 10 SNR>1", [1]),
        ("snr<=2.5 undecided", [5]),
        ("15", [15]),
        ("edge", [1]),
        ("area>1e1", [1]),
        ("peak_snr=3", [9]),
        ("nothing", []),
    ],
)
def test_which_units_are_meant(text, units):
    assert COLUMNS["unit"][Filter.parse(text).mask(COLUMNS)].tolist() == units


def test_what_cannot_be_read_is_said():
    with pytest.raises(BadRequest, match="no metric size; there are snr"):
        Filter.parse("size>3")
    with pytest.raises(BadRequest, match=r"1\.2\.3 is no number"):
        Filter.parse("area>1.2.3")
    with pytest.raises(BadRequest, match="movie match is not known"):
        Filter.parse("movie>0.5").mask(COLUMNS)
