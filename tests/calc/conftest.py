"""These tests need neither Odoo nor a database: `python -m pytest tests/calc` is enough."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.append(str(Path(__file__).resolve().parents[2]))

# A slow or busy machine is no fault of the arithmetic.
settings.register_profile("calc", deadline=None)
settings.load_profile("calc")
