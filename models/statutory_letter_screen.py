from odoo import api, fields, models


class StatutoryLetter(models.Model):
    """What a letter says of itself, in lists and in the form of its reminder."""

    _inherit = "statutory.letter"

    # === FIELDS ===#
    debtor_code = fields.Char(related="partner_id.debtor_code")
    charge_count = fields.Integer(compute="_compute_charge_count")

    # === COMPUTE ===#
    @api.depends("charge_ids")
    def _compute_charge_count(self):
        for letter in self:
            letter.charge_count = len(letter.charge_ids)

    # === BUSINESS ===#
    @api.model
    def _get_list_action(self, domain):
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_statutory_letter"
        )
        return action | {"domain": domain, "context": {}}
