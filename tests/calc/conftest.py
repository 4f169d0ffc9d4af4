"""These tests need neither Odoo nor a database: `python -m pytest tests/calc` is enough."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
