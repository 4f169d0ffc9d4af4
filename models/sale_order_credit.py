from odoo import api, fields, models
from odoo.exceptions import AccessError

from .credit_check import DELIVERY_CRITERIA, CreditRequest
from .credit_release import ORDER_ACTIVITY
from .groups import VIEWER

# Fields of an order after whose change another prepayment may be required.
PREPAYMENT_FIELDS = frozenset(
    (
        "company_id",
        "currency_id",
        "order_line",
        "partner_id",
        "partner_invoice_id",
        "prepayment_percent",
        "pricelist_id",
        "require_payment",
        "state",
    )
)


class SaleOrder(models.Model):
    """What the hold rules say about an order, and the way to ask for a release."""

    _name = "sale.order"
    _inherit = ["sale.order", "credit.gated.document"]

    # === FIELDS ===#
    credit_figures = fields.Json(
        "Figures of the Credit Check",
        copy=False,
        readonly=True,
        groups=VIEWER,
        help="On which the order was let pass, in the currency of the company.",
    )
    credit_decision = fields.Html(
        "Credit at the Decision",
        compute="_compute_credit_decision",
        compute_sudo=True,
        sanitize=False,
        groups=VIEWER,
        help="On which figures the order was let pass.",
    )
    credit_release_ids = fields.One2many("credit.release", "order_id", "Releases", groups=VIEWER)

    # === COMPUTE ===#
    @api.depends(
        "amount_total",
        "company_id",
        "credit_release_ids.state",
        "currency_rate",
        "partner_id",
        "partner_invoice_id",
        "state",
    )
    def _compute_credit_state(self):
        return super()._compute_credit_state()

    @api.depends(
        "amount_total",
        "commitment_date",
        "company_id",
        "currency_rate",
        "partner_id",
        "partner_invoice_id",
        "state",
    )
    def _compute_credit_room(self):
        return super()._compute_credit_room()

    @api.depends("credit_figures")
    @api.depends_context("lang")
    def _compute_credit_decision(self):
        engine = self.env["credit.check"]
        releases = self.env["credit.release"]
        for order in self:
            figures = order.credit_figures or {}
            release = releases.browse(figures.get("release")).exists()
            order.credit_decision = engine._render_figures(figures, order.company_id, release)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        self._check_credit_figures_access(*vals_list)
        orders = super().create(vals_list)
        orders._apply_credit_prepayment()
        return orders

    def write(self, vals):
        self._check_credit_figures_access(vals)
        res = super().write(vals)
        if not PREPAYMENT_FIELDS.isdisjoint(vals):
            self._apply_credit_prepayment()
        return res

    def _check_credit_figures_access(self, *vals_list):
        if not self.env.su and any("credit_figures" in vals for vals in vals_list):
            raise AccessError(self.env._("The figures of a credit check are not written by hand."))

    # === ACTIONS ===#
    def action_ask_credit_release(self):
        """Open the dialog in which a release is asked for."""
        self.ensure_one()
        return self.env["credit.release.ask"]._get_open_action(order=self)

    def action_open_credit_releases(self):
        """Open the requests and releases of this order."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Releases"),
            "res_model": "credit.release",
            "view_mode": "list,form",
            "domain": [("order_id", "=", self.id)],
        }

    def action_quotation_send(self):
        # EXTENDS 'sale': what is sent asks for the prepayment that the rules require by now.
        self._apply_credit_prepayment()
        return super().action_quotation_send()

    # === BUSINESS ===#
    def _is_asked_for_credit(self):
        # OVERRIDE: quotations; and confirmed orders, as long as goods leave through a gate of
        # their own.
        self.ensure_one()
        if not self.company_id or not self._get_hold_debtor()._origin:
            return False
        if self.state == "sale":
            return "stock.picking" in self.env and self.invoice_status != "invoiced"
        return self.state in ("draft", "sent")

    def _is_credit_room_shown(self):
        # OVERRIDE
        return bool(self._get_hold_debtor()._origin)

    def _prepare_credit_request(self, amounts=None):
        # OVERRIDE
        self.ensure_one()
        order = self.sudo()
        is_delivery = amounts is None and order.state == "sale"
        return CreditRequest(
            order._get_hold_debtor()._origin,
            order._get_credit_rise() if amounts is None else amounts.get(self, 0.0),
            order,
            criteria=DELIVERY_CRITERIA if is_delivery else None,
        )

    def _get_credit_total(self):
        """Total in the currency of the company."""
        self.ensure_one()
        total = self.amount_total / (self.currency_rate or 1.0)
        return self.company_id.currency_id.round(total)

    def _is_due_within_credit(self):
        """Orders that are to be delivered far in the future do not count yet (setting)."""
        self.ensure_one()
        days = self.company_id.credit_orders_within_days
        if not days or not self.commitment_date:
            return True
        today = self.company_id._get_dunning_today()
        return (self.commitment_date.date() - today).days <= days

    def _get_credit_rise(self):
        # OVERRIDE: when it is confirmed, its total less down payments that were invoiced. Zero when
        # it counts already, or not yet.
        self.ensure_one()
        is_counted = self.state == "sent" and self.company_id.credit_count_quotations
        if self.state == "sale" or is_counted or not self._is_due_within_credit():
            return 0.0
        deposits = self.order_line.filtered("is_downpayment").invoice_lines
        states = ("posted", "draft") if self.company_id.credit_count_drafts else ("posted",)
        invoiced = sum(
            line.price_total * (-1 if line.move_type == "out_refund" else 1)
            for line in deposits
            if line.parent_state in states
        )
        rise = self._get_credit_total() - invoiced / (self.currency_rate or 1.0)
        return max(self.company_id.currency_id.round(rise), 0.0)

    def _get_credit_paid_amount(self):
        """What the customer paid for this order, online or of its invoices. The same money often
        shows in both, so the larger of the two counts. Currency of the order."""
        self.ensure_one()
        invoiced = 0.0
        for move in self.invoice_ids.filtered(lambda move: move.state == "posted"):
            sign = -1 if move.move_type == "out_refund" else 1
            paid = move.amount_total - move.amount_residual
            invoiced += sign * move.currency_id._convert(
                paid, self.currency_id, self.company_id, move.date
            )
        return max(self.amount_paid, invoiced)

    def _apply_credit_prepayment(self):
        """Have quotations ask for the prepayment that the rules require, or more when the
        salesperson wants more."""
        companies = self.company_id.filtered(
            lambda company: any(
                rule.criterion == "prepayment" and rule.action != "inform"
                for rule in self.env["credit.hold.rule"]._get_rules(company)
            )
        )
        quotations = self.filtered(
            lambda order: (
                order.company_id in companies
                and order.state in ("draft", "sent")
                and order.partner_id
                and order.currency_id.compare_amounts(order.amount_total, 0) > 0
            )
        )
        for order, check in quotations._get_credit_checks().items():
            percent = min(check.prepayment / 100, 1.0)
            if percent and not (order.require_payment and order.prepayment_percent >= percent):
                order.sudo().write({"require_payment": True, "prepayment_percent": percent})

    def _close_credit_activities(self):
        """What the salesperson had to do about a held order is done."""
        self.sudo().activity_unlink([ORDER_ACTIVITY])
