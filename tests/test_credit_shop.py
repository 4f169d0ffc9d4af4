from lxml import html

from odoo.tests import HttpCase, tagged

from .test_credit_hold import CreditHoldCommon


@tagged("post_install", "-at_install")
class TestCreditShop(CreditHoldCommon, HttpCase):
    """Orders of the online shop pass the same gate. Only where the shop is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "website_id" not in cls.env["sale.order"]._fields:
            cls.skipTest(cls, "The shop is not installed")
        website = cls.env["website"].search([], limit=1)
        website.company_id = cls.company
        website.salesperson_id = cls.salesman
        cls.product.write(
            {"type": "service", "website_published": True, "company_id": cls.company.id}
        )
        cls.buyer = cls._new_user("buyer", "base.group_portal")
        cls.buyer.password = "acm_buyer"
        cls.buyer.partner_id.write(
            {
                "parent_id": cls.debtor.id,
                "type": "contact",
                "phone": "+31201234567",
                "street": "1 Main Street",
                "zip": "1000 AA",
                "city": "Amsterdam",
                "country_id": cls.env.ref("base.nl").id,
            }
        )
        cls.provider = cls._provide_payments("payment.payment_provider_demo")

    @classmethod
    def _provide_payments(cls, xmlid, **values):
        provider = cls.env.ref(xmlid).sudo().copy({"company_id": cls.company.id, **values})
        provider.write({"state": "test" if provider.code == "demo" else "enabled"})
        provider.is_published = True
        provider.payment_method_ids.active = True
        return provider

    def _buy(self, provider=None, quantity=1):
        """Fill a cart and pay for it, as the pages of the shop do.

        :return: the order, and the page that the customer ends on
        """
        provider = provider or self.provider
        self.env.flush_all()
        self.authenticate("acm_buyer", "acm_buyer")
        self.make_jsonrpc_request(
            "/shop/cart/add",
            {
                "product_template_id": self.product.product_tmpl_id.id,
                "product_id": self.product.id,
                "quantity": quantity,
            },
        )
        order = self.env["sale.order"].search(
            [("partner_id", "=", self.buyer.partner_id.id)], order="id desc", limit=1
        )
        self.assertEqual(self.url_open("/shop/checkout").status_code, 200)
        page = self.url_open("/shop/payment").text
        self.assertTrue("o_payment_form" in page, "It can be paid")
        values = self.make_jsonrpc_request(
            f"/shop/payment/transaction/{order.id}",
            {
                "access_token": order._portal_ensure_token(),
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "token_id": None,
                "flow": "direct" if provider.code == "demo" else "redirect",
                "tokenization_requested": False,
                "landing_route": "/shop/payment/validate",
            },
        )
        if provider.code == "demo":
            self.make_jsonrpc_request(
                "/payment/demo/simulate_payment",
                {
                    "reference": values["reference"],
                    "payment_details": "1234",
                    "simulated_state": "done",
                },
            )
        else:
            self.url_open("/payment/custom/process", data={"reference": values["reference"]})
        poll = self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        return order, self._read(poll["landing_route"])

    def _read(self, url):
        """What a customer reads on a page."""
        main = html.fromstring(self.url_open(url).content).find(".//main")
        return " ".join(main.text_content().split())

    def test_paid_order_passes_whatever_is_open(self):
        self._rule("limit")
        self._rule("days_overdue", "refuse")
        self._limit(1)
        self._new_invoice("2026-03-31", amount=500)
        order, page = self._buy()
        self.assertEqual(order.partner_id.commercial_partner_id, self.debtor)
        self.assertEqual((order.state, order.amount_total), ("sale", 100))
        self.assertFalse(order.credit_release_ids)
        self.assertIn("Thank you for your order", page)

    def test_customer_of_a_held_order_gets_a_sensible_page(self):
        self._rule("manual")
        self.debtor.with_user(self.collector)._set_credit_hold("Disputes everything")
        order, page = self._buy()
        self.assertEqual(order.state, "sent")
        self.assertEqual(order.amount_paid, 100)
        self.assertEqual(order.credit_release_ids.state, "requested")
        self.assertEqual(order.activity_ids.user_id, self.salesman)
        self.assertIn("Thank you for your order", page)
        self.assertIn(order.name, page)
        own = self._read(f"/my/orders/{order.id}")
        self.assertIn("We have received your order and will confirm it shortly.", own)
        for text in (page, own):
            self.assertNotIn("Disputes everything", text)
            self.assertNotIn("release", text)
        self._decide(order.credit_release_ids)
        order.with_user(self.salesman).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_order_that_is_paid_on_delivery_is_on_account(self):
        """The shop confirms these before any money came."""
        self._rule("limit")
        self._limit(150)
        provider = self._provide_payments(
            "delivery.payment_provider_cod", custom_mode="cash_on_delivery"
        )
        order, page = self._buy(provider)
        self.assertEqual(order.state, "sale")
        held, page = self._buy(provider)
        self.assertNotEqual(held, order)
        self.assertEqual(held.state, "sent")
        self.assertEqual(held.credit_release_ids.state, "requested")
        self.assertIn("Thank you for your order", page)
