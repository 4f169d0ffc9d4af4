from odoo import models
from odoo.tools import format_date


class DunningDecision(models.AbstractModel):
    """The sentence on an item that is paid in installments."""

    _inherit = "dunning.decision"

    # === BUSINESS ===#
    def _fetch_for_explanations(self, decisions):
        # EXTENDS 'account_credit_management': what is due next, of all arrangements at once
        res = super()._fetch_for_explanations(decisions)
        blocks = self.env["dunning.block"].browse(
            {decision.block_id for decision in decisions if decision.reason == "block"}
        )
        arrangements = self.env["installment.arrangement"].union(
            *(block._get_arrangement() for block in blocks.sudo())
        )
        arrangements.sudo().mapped("next_line_id.state")
        return res

    def _explain_block(self, decision):
        # EXTENDS 'account_credit_management'
        block = self.env["dunning.block"].sudo().browse(decision.block_id)
        arrangement = block._get_arrangement()
        if not arrangement:
            return super()._explain_block(decision)
        if arrangement.state == "offered":
            return self.env._(
                "Installments were offered (%(arrangement)s): reminders wait until %(date)s.",
                arrangement=arrangement.name,
                date=format_date(self.env, arrangement.offer_valid_until),
            )
        line = arrangement.next_line_id
        if not line:
            return self.env._("In arrangement %s.", arrangement.name)
        texts = {
            "arrangement": arrangement.name,
            "amount": line.currency_id.format(line.amount_left),
            "date": format_date(self.env, line.date_due),
        }
        if line.state == "missed":
            return self.env._(
                "In arrangement %(arrangement)s: the installment of %(date)s was missed, "
                "%(amount)s is due.",
                **texts,
            )
        return self.env._(
            "In arrangement %(arrangement)s: next installment %(amount)s on %(date)s.", **texts
        )
