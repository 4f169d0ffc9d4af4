from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .groups import VIEWER


class SaleOrder(models.Model):
    """Salespeople see in a sentence that a customer's new orders have to wait. Nothing is
    stopped: they agree with accounting what to do."""

    _inherit = "sale.order"

    # === FIELDS ===#
    dunning_order_hold = fields.Boolean(
        "Customer on Hold",
        compute="_compute_dunning_order_hold",
        search="_search_dunning_order_hold",
        compute_sudo=True,
        groups=VIEWER,
    )
    dunning_hold_warning = fields.Char(
        compute="_compute_dunning_order_hold",
        compute_sudo=True,
        groups=VIEWER,
    )

    # === COMPUTE ===#
    @api.depends("company_id", "partner_id", "partner_invoice_id")
    @api.depends_context("lang")
    def _compute_dunning_order_hold(self):
        for company, orders in self.grouped("company_id").items():
            # Read in one go for all orders of the company.
            debtors = {order: order._get_hold_debtor().with_company(company) for order in orders}
            self.env["res.partner"].union(*debtors.values()).with_company(company).mapped(
                "dunning_order_hold"
            )
            for order, debtor in debtors.items():
                order.dunning_order_hold = debtor.dunning_order_hold
                order.dunning_hold_warning = debtor.dunning_order_hold and self.env._(
                    "On hold: “%(level)s” was sent on %(date)s for %(document)s. Agree with "
                    "accounting before delivering.",
                    level=debtor.dunning_hold_level_id.name,
                    date=format_date(self.env, debtor.dunning_hold_date),
                    document=debtor.dunning_hold_document,
                )

    @api.model
    def _search_dunning_order_hold(self, operator, value):
        """Orders whose company holds orders of the debtor whom it would invoice."""
        if operator != "in":
            return NotImplemented
        held = Domain.FALSE
        for company in self.env.companies:
            query = self.env["res.partner"]._get_order_hold_sql(company)
            held |= Domain("company_id", "=", company.id) & Domain(
                "partner_invoice_id.commercial_partner_id",
                "in",
                SQL("(SELECT partner_id FROM (%s) AS hold)", query),
            )
        return held if True in value else ~held

    # === BUSINESS ===#
    def _get_hold_debtor(self):
        """Whose reminders count: who is to pay the order."""
        self.ensure_one()
        return (self.partner_invoice_id or self.partner_id).commercial_partner_id
