from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.groups import VIEWER


class CreditReleaseAsk(models.TransientModel):
    """Ask for the release of an order, an invoice or a debtor, with the reason."""

    _name = "credit.release.ask"
    _description = "Ask for a Release"

    # === FIELDS ===#
    order_id = fields.Many2one("sale.order", readonly=True, ondelete="cascade")
    move_id = fields.Many2one("account.move", "Invoice", readonly=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    is_confirmed = fields.Boolean(compute="_compute_is_confirmed", compute_sudo=True)
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        precompute=True,
        help="By which the debtor will owe more, in the currency of the company. Of a confirmed "
        "order: by how much it is to become larger, zero to deliver it as it is.",
    )
    causes = fields.Text("Why It Waits", compute="_compute_causes", compute_sudo=True)
    reason = fields.Text(help="Why it should be delivered all the same.")

    # === COMPUTE ===#
    @api.depends("order_id", "move_id")
    @api.depends_context("company")
    def _compute_company_id(self):
        for ask in self:
            document = ask.order_id or ask.move_id
            ask.company_id = document.company_id if document else self.env.company

    @api.depends("order_id")
    def _compute_is_confirmed(self):
        for ask in self:
            ask.is_confirmed = ask.order_id.state == "sale"

    @api.depends("order_id", "move_id")
    def _compute_amount(self):
        for ask in self:
            document = ask.order_id or ask.move_id
            ask.amount = document.sudo()._get_credit_rise() if document else 0.0

    @api.depends("order_id", "move_id", "partner_id", "amount")
    def _compute_causes(self):
        for ask in self:
            ask.causes = ask._get_check().message

    # === ACTIONS ===#
    def action_ask(self):
        """Put the request in the queue of the credit manager."""
        self._ask()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The credit manager has your request."),
                # The dialog may come from a warning, after whose end nothing is reloaded.
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_release(self):
        """For credit managers: ask and decide, with one and the same reason."""
        return self._ask().action_decide()

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, order=None, move=None, partner=None):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for Release"),
            "res_model": self._name,
            "views": [(False, "form")],
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_order_id": order.id if order else False,
                "default_move_id": move.id if move else False,
                "default_partner_id": partner.id if partner else False,
            },
        }

    def _get_debtor(self):
        self.ensure_one()
        if self.order_id:
            return self.order_id._get_hold_debtor()
        return (
            (self.move_id or self)
            .sudo()
            .mapped("commercial_partner_id" if self.move_id else "partner_id.commercial_partner_id")
        )

    def _get_check(self):
        self.ensure_one()
        if self.order_id:
            order = self.order_id.sudo()
            is_raised = self.is_confirmed and self.amount
            return order._get_credit_checks({order: self.amount} if is_raised else None)[order]
        engine = self.env["credit.check"].sudo()
        if self.move_id:
            request = self.move_id._prepare_credit_request()
            return engine._check_many(self.company_id, [request])[0]
        return engine._check(self.company_id, self._get_debtor(), self.amount)

    def _ask(self):
        self.ensure_one()
        if not self.env.user.has_group(VIEWER):
            raise AccessError(self.env._("Only salespeople and collectors ask for a release."))
        document = self.order_id or self.move_id or self.partner_id
        document.check_access("read")
        if not (self.reason or "").strip():
            raise UserError(self.env._("Why? Fill in the reason."))
        check = self._get_check()
        if check.outcome == "refuse":
            raise UserError(self.env._("This cannot be released. %s", check.message))
        if not check.is_held:
            raise UserError(self.env._("Nothing holds it: no release is needed."))
        # What is asked for an order that is not confirmed is what it is.
        amount = self.amount
        if document != self.partner_id and not self.is_confirmed:
            amount = document.sudo()._get_credit_rise()
        return self.env["credit.release"]._request(
            self.company_id,
            check,
            self._get_debtor(),
            amount,
            self.reason,
            order=self.order_id or None,
            move=self.move_id or None,
        )
