from odoo import models


class ResPartner(models.Model):
    """From a debtor to its disputes."""

    _inherit = "res.partner"

    # === ACTIONS ===#
    def action_open_disputes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_management.action_dispute_dossier"
        )
        return {
            **action,
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }

    def action_dispute(self):
        """Open the dialog of a dispute of this debtor."""
        self.ensure_one()
        return self.env["dispute.open"]._get_open_action(partner=self)
