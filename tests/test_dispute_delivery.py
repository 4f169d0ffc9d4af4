from odoo import Command
from odoo.tests import tagged
from odoo.tools import format_date

from .dispute_common import DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeDelivery(DisputeCommon):
    """What was delivered stands in the trail. Only where the inventory is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "stock.picking" not in cls.env or "sale_id" not in cls.env["stock.picking"]._fields:
            cls.skipTest(cls, "The inventory is not installed")
        cls.env.user.group_ids += cls.env.ref("stock.group_stock_user")
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.product = cls.env["product.product"].create(
            {
                "name": "Pump",
                "list_price": 100,
                "taxes_id": [],
                "invoice_policy": "order",
                "is_storable": True,
            }
        )
        cls.packer = cls._new_user(
            "packer", "stock.group_stock_user,account_credit_management.group_collector"
        )

    def _order(self, quantity):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "user_id": self.salesman.id,
                "order_line": [
                    Command.create(
                        {"product_id": self.product.id, "product_uom_qty": quantity, "tax_ids": []}
                    )
                ],
            }
        )
        with self._frozen("2026-03-02"):
            order.action_confirm()
        return order

    def _deliver(self, picking, quantity, day):
        """Deliver so many; what is left becomes a backorder."""
        picking.move_ids.write({"quantity": quantity, "picked": True})
        with self._frozen(day):
            picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done")
        return picking.backorder_ids

    def _invoice(self, order):
        invoice = order._create_invoices()
        invoice.write({"invoice_date": "2026-03-09", "invoice_date_due": "2026-03-31"})
        invoice.action_post()
        return invoice

    def _events(self, dossier):
        """Day and title of the deliveries in the trail, by delivery."""
        return {
            event.record: (str(event.day), event.title)
            for event in dossier._get_trail()
            if event.kind == "delivery"
        }

    def test_delivery_and_backorder_stand_in_the_trail(self):
        order = self._order(5)
        first = order.picking_ids
        with self._frozen("2026-03-02"):
            rest = self._deliver(first, 3, "2026-03-05")
        rest.scheduled_date = "2026-04-20 10:00:00"
        unrelated = self._order(1).picking_ids
        dossier = self._dispute(self._invoice(order))
        self.assertEqual(
            self._events(dossier),
            {
                first: ("2026-03-05", f"Delivery {first.name}"),
                rest: ("2026-04-20", f"Delivery {rest.name}, planned"),
            },
        )
        trail = dossier.with_user(self.packer).trail
        for picking, day in ((first, "2026-03-05"), (rest, "2026-04-20")):
            self.assertIn(f'href="/odoo/stock.picking/{picking.id}"', trail)
            self.assertIn(format_date(self.env, self._date(day)), trail)
        self.assertIn("Pump", trail)
        self.assertNotIn(unrelated.name, trail)
        # Who has no rights on deliveries reads of them, without a link that leads nowhere.
        plain = dossier.with_user(self.bookkeeper).trail
        self.assertIn(first.name, plain)
        self.assertEqual(
            f"/odoo/stock.picking/{first.id}" in plain,
            first.with_user(self.bookkeeper).has_access("read"),
        )
        self._deliver(rest, 2, "2026-04-15")
        self.assertEqual(self._events(dossier)[rest], ("2026-04-15", f"Delivery {rest.name}"))

    def test_what_came_back_is_no_delivery(self):
        order = self._order(2)
        picking = order.picking_ids
        self._deliver(picking, 2, "2026-03-05")
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_ids=picking.ids, active_id=picking.id, active_model=picking._name)
            .create({})
        )
        wizard.product_return_moves.quantity = 1
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        dossier = self._dispute(self._invoice(order))
        self.assertEqual(self._events(dossier)[back][1], f"Return {back.name}")

    def test_deliveries_stand_on_the_file_and_on_paper(self):
        order = self._order(1)
        picking = order.picking_ids
        self._deliver(picking, 1, "2026-03-05")
        dossier = self._dispute(self._invoice(order))
        self.debtor.user_id = self.salesman
        timeline = self.debtor.with_user(self.salesman).with_company(self.company).credit_timeline
        self.assertIn(f"Delivery {picking.name}", timeline)
        html, _type = (
            self.env["ir.actions.report"]
            .with_user(self.bookkeeper)
            ._render_qweb_html("account_credit_management.report_dispute_dossier", dossier.ids)
        )
        self.assertIn(f"Delivery {picking.name}", html.decode())
