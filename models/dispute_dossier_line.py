from odoo import fields, models


class DisputeDossierLine(models.Model):
    """One invoice of a dispute: as a whole, a line of it, a quantity, or an amount."""

    _name = "dispute.dossier.line"
    _description = "Disputed Part of an Invoice"
    _order = "dossier_id, id"
    _check_company_auto = True

    # === FIELDS ===#
    dossier_id = fields.Many2one("dispute.dossier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="dossier_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="dossier_id.currency_id")
    move_id = fields.Many2one(
        "account.move", "Invoice", required=True, index=True, ondelete="restrict"
    )
    invoice_line_id = fields.Many2one(
        "account.move.line", "Invoice Line", index="btree_not_null", ondelete="set null"
    )
    product_id = fields.Many2one(related="invoice_line_id.product_id", store=True)
    quantity = fields.Float(digits="Product Unit", help="Of the invoice line. Zero: all of it.")
    amount = fields.Monetary(help="Disputed, taxes included. Zero: all that is open.")
    amount_credited = fields.Monetary(readonly=True, copy=False)

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "Amounts cannot be negative.")
