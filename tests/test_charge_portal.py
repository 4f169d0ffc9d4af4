from lxml import html

from odoo.tests import tagged

from .portal_payment_common import PortalPaymentCommon


@tagged("post_install", "-at_install")
class TestChargePortal(PortalPaymentCommon):
    """The page of a reminder: costs and interest in its sum, and in words while they hold."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reminder = cls.levels["reminder"]
        cls.reminder.write({"cost_scheme": "fixed", "fee_amount": 40, "charge_mode": "memo"})

    def _page_text(self, notice):
        self.authenticate(None, None)
        tree = html.fromstring(self._get_page(notice).text)
        [words] = tree.xpath("//div[contains(@class, 'o_dunning_reminder')]")
        return " ".join(words.text_content().replace("\N{NO-BREAK SPACE}", " ").split())

    def test_costs_stand_between_the_items_and_what_is_left(self):
        invoices, notice = self._remind(100, 250)
        text = self._page_text(notice)
        self.assertRegex(text, r"Collection costs \$ ?40\.00 Left to pay now \$ ?390\.00")
        self._pay(invoices[0], 100, self.today)
        self._pay(invoices[1], 250, self.today)
        self.env.invalidate_all()
        text = self._page_text(notice)
        self.assertRegex(text, r"Collection costs \$ ?40\.00 Left to pay now \$ ?40\.00")

    def test_invoiced_costs_are_in_the_sum_once(self):
        self.reminder.charge_mode = "posted"
        _invoices, notice = self._remind(100)
        self.assertEqual(notice.charge_ids.state, "booked")
        text = self._page_text(notice)
        self.assertRegex(text, r"Collection costs \$ ?40\.00 Left to pay now \$ ?140\.00")

    def test_waived_costs_are_gone(self):
        _invoices, notice = self._remind(100)
        notice.charge_ids._waive("Good customer")
        self.env.invalidate_all()
        text = self._page_text(notice)
        self.assertNotIn("Collection costs", text)
        self.assertRegex(text, r"Left to pay now \$ ?100\.00")

    def test_what_is_announced_is_told_until_the_day_it_names(self):
        self.reminder.charge_mode = "announced"
        _invoices, notice = self._remind(100)
        text = self._page_text(notice)
        self.assertRegex(text, r"we will claim collection costs of \$ ?40\.00 besides")
        self.assertRegex(text, r"Left to pay now \$ ?100\.00")
        self.reminder.payment_days = 0
        notice.sent_date = self._days_ago(1)
        self.env.invalidate_all()
        self.assertNotIn("collection costs", self._page_text(notice))

    def test_others_see_no_costs(self):
        self.reminder.cost_scheme = "none"
        _invoices, notice = self._remind(100)
        text = self._page_text(notice)
        for words in ("Collection costs", "Interest", "collection costs"):
            self.assertNotIn(words, text)
