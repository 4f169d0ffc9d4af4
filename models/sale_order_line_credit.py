from odoo import api, models

AMENDING_FIELDS = frozenset(
    (
        "discount",
        "order_id",
        "price_unit",
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "tax_ids",
    )
)


class SaleOrderLine(models.Model):
    """Lines that make a confirmed order larger pass the same gate as its confirmation."""

    _inherit = "sale.order.line"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'sale'
        orders = self.env["sale.order"].browse(
            {vals["order_id"] for vals in vals_list if vals.get("order_id")}
        )
        confirmed = orders.filtered(lambda order: order.state == "sale")
        with confirmed._gate_amendment():
            lines = super().create(vals_list)
        (lines.order_id - confirmed)._apply_credit_prepayment()
        return lines

    def write(self, vals):
        # EXTENDS 'sale'
        if AMENDING_FIELDS.isdisjoint(vals):
            return super().write(vals)
        orders = self.order_id | self.env["sale.order"].browse(vals.get("order_id") or [])
        confirmed = orders.filtered(lambda order: order.state == "sale")
        with confirmed._gate_amendment():
            res = super().write(vals)
        (orders - confirmed)._apply_credit_prepayment()
        return res

    def unlink(self):
        # EXTENDS 'sale': an order becomes larger without its discount.
        confirmed = self.order_id.filtered(lambda order: order.state == "sale")
        with confirmed._gate_amendment():
            return super().unlink()
