from odoo import models


class AccountMove(models.Model):
    """What happens to arrangements when their invoices are changed."""

    _inherit = "account.move"

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'account'
        posted = self.filtered(lambda move: move.state == "posted")
        res = super().write(vals)
        if vals.get("state") in ("draft", "cancel"):
            self.env["installment.arrangement"]._on_unposted(
                self if vals["state"] == "cancel" else posted
            )
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
