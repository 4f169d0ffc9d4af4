"""Arithmetic of credit management without Odoo.

Nothing in this package imports Odoo or a third-party library, so it can be used, read and
tested on its own with the root of the repository on the Python path.
"""
