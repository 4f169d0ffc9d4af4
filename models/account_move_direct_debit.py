from odoo import fields, models


class AccountMove(models.Model):
    """Invoices that are collected by direct debit: silent until the bank returns one."""

    _inherit = "account.move"

    # === FIELDS ===#
    direct_debit_state = fields.Selection(
        [("collected", "Collected by direct debit"), ("returned", "Returned")],
        copy=False,
        tracking=True,
    )
    direct_debit_return_date = fields.Date("Returned On", copy=False, readonly=True)
    direct_debit_return_reason = fields.Char("Reason of the Return", copy=False, readonly=True)
