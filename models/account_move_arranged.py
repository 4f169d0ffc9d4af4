from odoo import models


class AccountMove(models.Model):
    """What happens to arrangements when their invoices are changed."""

    _inherit = "account.move"

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'account'
        unposted = self.browse()
        if vals.get("state") == "cancel":
            unposted = self
        elif vals.get("state") == "draft":
            unposted = self.filtered(lambda move: move.state == "posted")
        res = super().write(vals)
        self.env["installment.arrangement"]._on_unposted(unposted)
        return res

    # === BUSINESS ===#
    def _filter_credit_relevant(self, soft):
        # EXTENDS: interest and costs of an arrangement give nobody more credit
        moves = super()._filter_credit_relevant(soft)
        charges = (
            self.env["installment.arrangement"]
            .sudo()
            .search([("charge_move_id", "in", moves.ids)])
            .charge_move_id
        )
        return moves.filtered(lambda move: move._origin not in charges)
