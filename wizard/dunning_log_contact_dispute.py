from odoo import fields, models


class DunningLogContact(models.TransientModel):
    """Why the debtor disputes it, when the talk tells."""

    _inherit = "dunning.log.contact"

    # === FIELDS ===#
    dispute_reason_id = fields.Many2one(
        "dispute.reason",
        "Reason of the Dispute",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', company_id)]",
    )

    # === BUSINESS ===#
    def _prepare_contact_values(self, outcome):
        # EXTENDS: the reason goes with the dispute
        values = super()._prepare_contact_values(outcome)
        if outcome == "dispute":
            values["dispute_reason_id"] = self.dispute_reason_id.id
        return values
