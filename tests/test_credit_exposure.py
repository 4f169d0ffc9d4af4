from random import Random

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

    def assertExposure(self, partner=None, **figures):
        position = self._position(partner)
        self.assertEqual({name: getattr(position, name) for name in figures}, figures)

    def test_an_order_counts_until_it_is_invoiced_and_never_twice(self):
        order = self._order(300, quantity=3, confirm=False)
        self.assertExposure(orders=0, exposure=0)
        order.action_confirm()
        self.assertExposure(orders=300, exposure=300)
        invoice = order._create_invoices()
        self.assertExposure(orders=0, drafts=300, exposure=300)
        invoice.invoice_line_ids.quantity = 1
        self.assertExposure(orders=200, drafts=100, exposure=300)
        invoice.action_post()
        self.assertExposure(orders=200, drafts=0, open_amount=100, exposure=300)
        self._pay(invoice, 100, "2026-04-01")
        self.assertExposure(orders=200, open_amount=0, exposure=200)
        order._action_cancel()
        self.assertExposure(orders=0, exposure=0)

    def test_drafts_that_do_not_count_leave_the_order_open(self):
        self.company.credit_count_drafts = False
        order = self._order(300)
        invoice = order._create_invoices()
        self.assertExposure(orders=300, drafts=0, exposure=300)
        invoice.action_post()
        self.assertExposure(orders=0, open_amount=300, exposure=300)

    def test_a_down_payment_counts_once(self):
        order = self._order(1000)
        down = self._invoice_down_payment(order, 30)
        self.assertExposure(orders=700, drafts=300, exposure=1000)
        down.action_post()
        self.assertExposure(orders=700, open_amount=300, exposure=1000)
        self._pay(down, 300, "2026-04-01")
        self.assertExposure(orders=700, open_amount=0, exposure=700)
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual(final.amount_total, 700)
        self.assertExposure(orders=0, open_amount=700, exposure=700)

    def _invoice_down_payment(self, order, percentage):
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": percentage,
            }
        )
        return wizard._create_invoices(order)

    def test_a_credit_note_lowers_what_is_open(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._new_refund("2026-04-01", amount=40)
        self.assertExposure(open_amount=100, unallocated=40, exposure=60)
        self._new_refund("2026-04-01", amount=100)
        self.assertExposure(exposure=0)
        self.assertTrue(invoice)

    def test_quotations_and_later_orders_count_as_the_company_wants(self):
        order = self._order(100, commitment_date="2026-06-15 12:00:00")
        quotation = self._order(50, confirm=False)
        quotation.action_quotation_sent()
        self.assertExposure(orders=100, quotations=0, exposure=100)
        self.company.credit_count_quotations = True
        self.company.credit_orders_within_days = 30
        self.assertExposure(orders=0, quotations=50, exposure=50)
        order.commitment_date = "2026-05-31 12:00:00"
        self.assertExposure(orders=100, quotations=50, exposure=150)

    def test_contacts_count_for_their_company_and_others_do_not(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        self._order(100, partner=contact)
        self._new_invoice("2026-03-31", partner=contact, amount=10)
        self._order(1000, partner=self._new_debtor("Debtor Two"))
        self.assertExposure(orders=100, open_amount=10, exposure=110)

    def test_another_currency_is_converted_at_the_rate_of_its_document(self):
        currency = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        self._new_invoice("2026-03-31", amount=100, currency_id=currency.id)
        self.assertExposure(open_amount=50)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        order = self._order(300, quantity=3, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        self.assertExposure(orders=150, exposure=200)
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 1
        self.assertExposure(orders=100, drafts=50, exposure=200)

    def test_another_company_does_not_count(self):
        other = self.setup_other_company(name="Other")["company"]
        self._order(100)
        position = self._position(company=other)
        self.assertEqual((position.orders, position.exposure), (0, 0))

    def test_limits_in_force_and_what_is_left(self):
        self._new_invoice("2026-03-31", amount=600)
        self.debtor.sudo().with_company(self.company).credit_limit = 1000
        self.assertExposure(own_limit=1000, limit=1000, available=400)
        self.env["credit.limit"].create(
            {
                "kind": "temporary",
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "amount": 500,
                "date_from": "2026-04-01",
                "date_to": "2026-05-01",
                "reason": "Season",
                "state": "approved",
            }
        )
        self.assertExposure(temporary=500, limit=1500, available=900)
        after = self._position(day="2026-05-02")
        self.assertEqual((after.temporary, after.limit, after.available), (0, 1000, 400))

    def test_random_histories_agree_with_a_slow_and_obvious_reading(self):
        random = Random(20261122)
        partners = [self._new_debtor(f"Random {number}") for number in range(3)]
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": partners[0].id})
        buyers = [*partners, contact]
        orders, invoices = [], []
        for step in range(60):
            match random.choice(["order", "order", "invoice", "bill", "post", "pay", "cancel"]):
                case "order":
                    orders.append(
                        self._order(
                            random.randint(1, 90000) / 100,
                            partner=random.choice(buyers),
                            quantity=random.randint(1, 4),
                            confirm=random.random() < 0.8,
                        )
                    )
                case "invoice":
                    partner = random.choice(buyers)
                    amount = random.randint(1, 50000) / 100
                    invoices.append(self._new_invoice("2026-03-31", partner, amount))
                case "bill":
                    order = random.choice(orders or [None])
                    if order and order.state == "sale" and order.invoice_status == "to invoice":
                        invoice = order._create_invoices()
                        line = invoice.invoice_line_ids[:1]
                        line.quantity = random.randint(1, int(line.quantity) or 1)
                        invoices.append(invoice)
                case "post":
                    for invoice in invoices[-2:]:
                        if invoice.state == "draft":
                            invoice.action_post()
                case "pay":
                    invoice = random.choice(invoices or [None])
                    if invoice and invoice.state == "posted" and invoice.amount_residual:
                        part = random.choice([1, 0.5])
                        amount = invoice.currency_id.round(invoice.amount_residual * part)
                        self._pay(invoice, amount or 0.01, "2026-04-10")
                case "cancel":
                    order = random.choice(orders or [None])
                    if order and order.state == "sale" and not order.invoice_ids:
                        order._action_cancel()
            if step % 6 == 5:
                for partner in partners:
                    expected = self._slow_exposure(partner)
                    self.assertAlmostEqual(self._position(partner).exposure, expected, 6, step)

    def _slow_exposure(self, partner):
        """The definition, read literally."""
        own = ("partner_id.commercial_partner_id", "=", partner.id)
        items = self.env["account.move.line"].search(
            [
                own,
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("company_id", "=", self.company.id),
            ]
        )
        total = sum(items.mapped("amount_residual"))
        drafts = self.env["account.move"].search(
            [("commercial_partner_id", "=", partner.id), ("state", "=", "draft")]
        )
        total += sum(drafts.mapped("amount_total_signed"))
        for order in self.env["sale.order"].search([own, ("state", "=", "sale")]):
            rest = 0.0
            for line in order.order_line:
                lines = line.invoice_lines.filtered(lambda item: item.parent_state != "cancel")
                rest += max(line.price_total - sum(lines.mapped("price_total")), 0)
            total += rest
        return max(total, 0)
