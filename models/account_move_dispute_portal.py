from odoo import models


class AccountMove(models.Model):
    """The page of an invoice: what is disputed of it, and whether it can be."""

    _inherit = "account.move"

    # === BUSINESS ===#
    def _is_disputable_online(self):
        self.ensure_one()
        return self.state == "posted" and self.move_type in ("out_invoice", "out_receipt")

    def _get_portal_disputes(self):
        """Disputes of this invoice that are not settled."""
        dossiers = self.env["dispute.dossier"]
        return dossiers._get_disputes_of(self, dossiers._get_debtor(self.sudo()))
