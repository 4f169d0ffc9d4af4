from odoo import fields, models


class AccountMove(models.Model):
    """The disputes an invoice is in, and the one a credit note settles."""

    _inherit = "account.move"

    # === FIELDS ===#
    dispute_id = fields.Many2one(
        "dispute.dossier",
        "Settles Dispute",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
