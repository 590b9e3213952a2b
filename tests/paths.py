"""Where the real data for the tests are; read only: copy before writing."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent / "data"
ANIMAL1 = DATA / "animal1"
