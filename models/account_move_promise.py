from odoo import models


class AccountMove(models.Model):
    """Promises about an invoice."""

    _inherit = "account.move"

    # === ACTIONS ===#
    def action_promise_to_pay(self):
        """Note when the debtor will pay this invoice."""
        self.ensure_one()
        return self.env["collection.promise.make"]._get_open_action(moves=self)
