from odoo import api, fields, models

from .groups import VIEWER


class SaleOrder(models.Model):
    """What a quotation would leave of the customer's credit, for who writes it."""

    _inherit = "sale.order"

    # === FIELDS ===#
    credit_company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of the Company"
    )
    credit_has_limit = fields.Boolean(
        compute="_compute_credit_room",
        compute_sudo=True,
        groups=VIEWER,
        help="Of the customer or of its group.",
    )
    credit_limit_in_force = fields.Monetary(
        "Credit Limit",
        compute="_compute_credit_room",
        compute_sudo=True,
        currency_field="credit_company_currency_id",
        groups=VIEWER,
    )
    credit_used_with_order = fields.Monetary(
        "Used with this Order",
        compute="_compute_credit_room",
        compute_sudo=True,
        currency_field="credit_company_currency_id",
        groups=VIEWER,
    )
    credit_left_with_order = fields.Monetary(
        "Left with this Order",
        compute="_compute_credit_room",
        compute_sudo=True,
        currency_field="credit_company_currency_id",
        groups=VIEWER,
        help="Negative when the order exceeds the limit of the customer or of its group.",
    )

    # === COMPUTE ===#
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
        exposures = self.env["credit.exposure"]
        for company, orders in self.grouped("company_id").items():
            debtors = {order: order._get_hold_debtor()._origin for order in orders}
            positions = (
                exposures._get_positions(company, self.env["res.partner"].union(*debtors.values()))
                if company
                else {}
            )
            for order in orders:
                order._set_credit_room(positions.get(debtors[order].id))

    def _set_credit_room(self, position):
        """Show a position of the debtor with what this order adds to it."""
        self.ensure_one()
        rise = self._get_credit_rise() if position else 0.0
        has_limit = bool(position) and position.available is not None
        self.credit_has_limit = has_limit
        self.credit_limit_in_force = (position and position.limit) or 0.0
        self.credit_used_with_order = position.exposure + rise if position else 0.0
        self.credit_left_with_order = position.available - rise if has_limit else 0.0
