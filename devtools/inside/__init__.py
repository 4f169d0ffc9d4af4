"""Scripts that the launcher runs inside the virtual environment, where Odoo's packages are."""
