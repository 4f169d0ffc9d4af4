from odoo import Command, fields
from odoo.tests import tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestCreditExposure(CreditManagementCommon):
    """What a debtor uses of his credit: one case at a time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.product = cls.env["product.product"].create(
            {"name": "Goods", "list_price": 100, "taxes_id": [], "invoice_policy": "order"}
        )

    def _order(self, amount=100.0, partner=None, quantity=1, confirm=True, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.debtor).id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "price_unit": amount / quantity,
                            "tax_ids": [],
                        }
                    )
                ],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    def _position(self, partner=None, day="2026-05-01", company=None):
        partner = partner or self.debtor
        positions = self.env["credit.exposure"]._get_positions(
            company or self.company, partner, fields.Date.to_date(day)
        )
        return positions[partner.id]

    def test_invoices_orders_and_drafts_count_and_money_counts_against_them(self):
        self._new_invoice("2026-03-31", amount=1000)
        self._order(200)
        self.init_invoice("out_invoice", partner=self.debtor, amounts=[50], taxes=[])
        self._receive(30, "2026-04-01")
        position = self._position()
        self.assertEqual(position.open_amount, 1000)
        self.assertEqual(position.orders, 200)
        self.assertEqual(position.drafts, 50)
        self.assertEqual(position.unallocated, 30)
        self.assertEqual(position.exposure, 1220)
        self.assertEqual((position.overdue, position.oldest_days), (1000, 31))
        self.assertIsNone(position.limit)
        self.assertIsNone(position.available)
