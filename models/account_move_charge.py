from odoo import api, fields, models

from .groups import COLLECTOR


class AccountMove(models.Model):
    """Invoices of costs and interest, and the costs and interest of invoices."""

    _inherit = "account.move"

    # === FIELDS ===#
    charge_ids = fields.One2many(
        "receivable.charge",
        "move_id",
        "Charged With It",
        readonly=True,
        copy=False,
        groups=COLLECTOR,
        help="The costs and interest that this invoice is about.",
    )
    claimed_charge_count = fields.Integer(
        "Claims", compute="_compute_claimed_charges", compute_sudo=True, groups=COLLECTOR
    )
    claimed_charge_amount = fields.Monetary(
        "Costs and Interest Open",
        compute="_compute_claimed_charges",
        compute_sudo=True,
        groups=COLLECTOR,
        help="What is to be paid because this invoice was not paid in time, in its currency.",
    )

    # === COMPUTE ===#
    @api.depends("line_ids")
    def _compute_claimed_charges(self):
        parts = (
            self.env["receivable.charge.item"]
            .sudo()
            .search([("move_line_id.move_id", "in", self._origin.ids)])
        )
        for move in self:
            own = parts.filtered(lambda part, move=move: part.move_id == move._origin)
            move.claimed_charge_count = len(own.charge_id)
            amounts = [
                part.amount * charge.amount_open / charge.amount
                for part in own
                for charge in part.charge_id
                if charge.amount and charge.currency_id == move.currency_id
            ]
            move.claimed_charge_amount = move.currency_id.round(sum(amounts))

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'account': what is cancelled charges nothing, and a credit note waives nothing
        res = super().write(vals)
        if "state" in vals:
            charges = self.env["receivable.charge"]
            if vals["state"] == "cancel":
                charges._on_cancelled(self)
            charges._on_reconciled(self.line_ids)
        return res

    def unlink(self):
        # EXTENDS 'account'
        self.env["receivable.charge"]._on_cancelled(self)
        return super().unlink()

    # === ACTIONS ===#
    def action_open_charges(self):
        """The costs and interest because of these invoices, or on them."""
        parts = self.env["receivable.charge.item"].search(
            [("move_line_id.move_id", "in", self.ids)]
        )
        return self.env["receivable.charge"]._get_list_action(
            [("id", "in", (parts.charge_id | self.charge_ids).ids)]
        )

    # === BUSINESS ===#
    def _filter_charge_invoices(self):
        """Those of costs and interest: they bear no costs or interest themselves."""
        if not self.ids:
            return self.browse()
        charges = self.env["receivable.charge"].sudo().search([("move_id", "in", self.ids)])
        arrangements = (
            self.env["installment.arrangement"].sudo().search([("charge_move_id", "in", self.ids)])
        )
        found = charges.move_id | arrangements.charge_move_id
        return self.filtered(lambda move: move._origin in found)

    def _filter_credit_relevant(self, soft):
        # EXTENDS: interest and costs give nobody more credit
        moves = super()._filter_credit_relevant(soft)
        return moves - moves._filter_charge_invoices()
