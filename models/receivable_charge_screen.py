from odoo import api, models


class ReceivableCharge(models.Model):
    """Ways to the list of costs and interest."""

    _inherit = "receivable.charge"

    # === ACTIONS ===#
    def action_open_items(self):
        """The invoices that it is about."""
        self.ensure_one()
        return self.item_ids.move_id._get_records_action(name=self.env._("Invoices"))

    # === BUSINESS ===#
    @api.model
    def _get_list_action(self, domain):
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_receivable_charge"
        )
        return action | {"domain": domain, "context": {}}
