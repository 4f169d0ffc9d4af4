from odoo import fields, models


class DisputeStateLog(models.Model):
    """How long a dispute was in a state, and for whom it waited there."""

    _name = "dispute.state.log"
    _description = "Time of a Dispute in a State"
    _order = "id"

    # === FIELDS ===#
    dossier_id = fields.Many2one("dispute.dossier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="dossier_id.company_id", store=True, index=True, precompute=True
    )
    state = fields.Char(required=True, readonly=True)
    waiting_for = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", "By", readonly=True)
    date_from = fields.Datetime("From", required=True, readonly=True)
    date_to = fields.Datetime("Until", readonly=True)
