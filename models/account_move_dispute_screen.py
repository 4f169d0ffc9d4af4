from odoo import api, fields, models

from .dispute_dossier_line import DISPUTABLE_TYPES


class AccountMove(models.Model):
    """From an invoice to its disputes."""

    _inherit = "account.move"

    # === FIELDS ===#
    can_dispute = fields.Boolean(compute="_compute_can_dispute")

    # === COMPUTE ===#
    @api.depends("state", "move_type")
    def _compute_can_dispute(self):
        for move in self:
            move.can_dispute = (
                move.state == "posted"
                and move.move_type in DISPUTABLE_TYPES
                and move.move_type not in ("entry", "in_refund")
            )

    # === ACTIONS ===#
    def action_open_disputes(self):
        self.ensure_one()
        return self.dispute_ids.sudo(False)._get_records_action(name=self.env._("Disputes"))

    def action_dispute(self):
        """Open the dialog of a dispute about these invoices."""
        return self.env["dispute.open"]._get_open_action(moves=self)
