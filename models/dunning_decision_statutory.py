from odoo import models
from odoo.tools import format_date


class DunningDecision(models.AbstractModel):
    """Why a next level waits for the term of a letter to a consumer, in words."""

    _inherit = "dunning.decision"

    # === BUSINESS ===#
    def _explain_reason(self, decision):
        # EXTENDS
        text = super()._explain_reason(decision)
        if decision.reason != "not_yet" or not decision.last_level_id:
            return text
        item = self.env["account.move.line"].sudo().browse(decision.item_id)
        debtor = self.env["res.partner"].browse(decision.partner_id)
        if not self.env["statutory.letter"]._get_law(debtor, item.company_id):
            return text
        letter = self.env["statutory.letter"]._get_by_item(item).get(item)
        if not letter or letter.state != "running":
            return text
        return self.env._(
            "%(text)s The consumer can pay without costs until %(day)s.",
            text=text,
            day=format_date(self.env, letter.last_free_day),
        )
