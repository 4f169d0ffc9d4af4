from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_credit_hold import CreditHoldCommon

DAY = "2026-04-10"


@tagged("post_install", "-at_install")
class TestCreditSignal(CreditHoldCommon):
    """Salespeople hear of customers who become overdue or have to wait with orders, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.signals = cls.env["credit.signal"]
        cls.debtor.user_id = cls.salesman
        cls.other = cls._new_debtor("Debtor Two", user_id=cls.salesman.id)
        cls.company.credit_signal_date = "2026-04-09"

    def _messages(self, user=None):
        return (
            self.env["mail.message"]
            .sudo()
            .search([("partner_ids", "in", (user or self.salesman).partner_id.ids)])
        )

    def _review(self, day, user=None):
        """What a salesperson is told on a day.

        :return: texts of the messages
        """
        known = self._messages(user)
        with self._frozen(day):
            self.env["credit.cron"]._review_company(self.company)
            self.env.flush_all()
            self.env.invalidate_all()
        return [str(message.body) for message in self._messages(user) - known]

    def _open(self, partner=None):
        """Kinds of what is so now."""
        domain = [("partner_id", "=", (partner or self.debtor).id), ("date_to", "=", False)]
        return self.signals.search(domain).mapped("kind")

    def test_overdue_is_told_once_in_one_message(self):
        invoice = self._new_invoice("2026-04-09")
        self._new_invoice("2026-04-09", self.other, 250)
        self._new_invoice("2026-04-09", self._new_debtor("Nobody's"))
        [text] = self._review(DAY)
        self.assertIn("Debtor One", text)
        self.assertIn("Debtor Two", text)
        self.assertIn("250.00", text)
        self.assertIn(f"/odoo/res.partner/{self.debtor.id}", text)
        self.assertNotIn("Nobody", text)
        self.assertFalse(self._review(DAY))
        self.assertFalse(self._review("2026-04-13"))
        self._pay(invoice, 100, "2026-04-13")
        self.assertFalse(self._review("2026-04-14"), "that it was paid is no news to act on")
        self.assertFalse(self._open())
        self.assertEqual(self._open(self.other), ["overdue"])
        self._new_invoice("2026-04-15")
        [text] = self._review("2026-04-16")
        self.assertIn("Debtor One", text)
        self.assertNotIn("Debtor Two", text)

    def test_not_yet_due_disputed_and_unallocated_are_not_overdue(self):
        self._new_invoice("2026-04-10")
        disputed = self._new_invoice("2026-04-09", self.other)
        with self._frozen(DAY):
            dossier = self.env["dispute.dossier"]._open(disputed)
        self.assertFalse(self._review(DAY))
        self._receive(100, DAY)
        self.assertFalse(self._review("2026-04-13"), "the money may be for it")
        with self._frozen("2026-04-13"):
            dossier._withdraw()
        [text] = self._review("2026-04-14")
        self.assertIn("Debtor Two", text)
        self.assertNotIn("Debtor One", text)

    def test_hold_by_rule_and_its_end(self):
        self._rule("limit")
        self._limit(50)
        invoice = self._new_invoice("2026-05-31", amount=80)
        [text] = self._review(DAY)
        self.assertIn("New orders wait.", text)
        self.assertIn("is exceeded by", text)
        self.assertFalse(self._review("2026-04-13"))
        self._pay(invoice, 80, "2026-04-13")
        [text] = self._review("2026-04-14")
        self.assertIn("need not wait any more", text)
        self.assertFalse(self._open())

    def test_hold_by_hand_is_told_at_once(self):
        self._rule("manual")
        known = self._messages()
        with self._frozen(DAY):
            debtor = self.debtor.with_user(self.collector).with_company(self.company)
            debtor._set_credit_hold("He left")
        [message] = self._messages() - known
        self.assertIn("He left", message.body)
        self.assertFalse(self._review(DAY), "it was told")
        known = self._messages()
        with self._frozen("2026-04-13"):
            debtor._set_credit_hold(False)
        [message] = self._messages() - known
        self.assertIn("need not wait any more", message.body)

    def test_who_holds_his_own_customer_knows(self):
        self._rule("manual")
        self.debtor.user_id = self.collector
        known = self._messages(self.collector)
        with self._frozen(DAY):
            self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        self.assertEqual(self._messages(self.collector), known)
        self.assertEqual(self._open(), ["hold"])

    def test_first_look_tells_nothing(self):
        self.company.credit_signal_date = False
        self._new_invoice("2026-03-31")
        self.assertFalse(self._review(DAY), "all that is late already is no news")
        self.assertEqual(self._open(), ["overdue"])
        self._new_invoice("2026-04-12", self.other)
        [text] = self._review("2026-04-13")
        self.assertNotIn("Debtor One", text)

    def test_companies_that_do_not_want_it(self):
        self.company.credit_tell_salespeople = False
        self._new_invoice("2026-04-09")
        self.assertFalse(self._review(DAY))
        self.assertFalse(self._open())
        settings = self.env["res.config.settings"].with_company(self.company)
        settings.create({"credit_tell_salespeople": True}).execute()
        self.assertFalse(self._review(DAY))
        self.assertEqual(self._open(), ["overdue"])

    def test_salespeople_of_other_companies_hear_nothing(self):
        other = self.setup_other_company(name="Elsewhere")["company"]
        self.salesman.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self._new_invoice("2026-04-09")
        self.assertFalse(self._review(DAY))
        self.assertEqual(self._open(), ["overdue"], "it is on the timeline all the same")

    def test_one_who_cannot_be_told_does_not_keep_it_from_others(self):
        second = self._new_user("second_salesman", "sales_team.group_sale_salesman")
        self.other.user_id = second
        self._new_invoice("2026-04-09")
        self._new_invoice("2026-04-09", self.other)
        original = type(self.signals)._tell

        def tell(records, company, user, *args):
            if user == self.salesman:
                raise ValueError("Poisoned")
            return original(records, company, user, *args)

        with (
            patch.object(type(self.signals), "_tell", tell),
            self.assertLogs("odoo.addons.account_credit_management", "ERROR"),
        ):
            [text] = self._review(DAY, second)
        self.assertIn("Debtor Two", text)
        self.assertFalse(self._open())
        [text] = self._review("2026-04-13")
        self.assertIn("Debtor One", text)

    def test_it_is_told_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.salesman.lang = "nl_NL"
        self._new_invoice("2026-04-09", amount=1250)
        [text] = self._review(DAY)
        self.assertIn("1.250,00", text)

    def test_timeline_tells_since_when(self):
        invoice = self._new_invoice("2026-04-09")
        self._review(DAY)
        self._pay(invoice, 100, "2026-04-13")
        self._review("2026-04-14")
        debtor = self.debtor.with_user(self.salesman).with_company(self.company)
        events = [
            (str(event.day), event.title)
            for event in self.env["credit.story"]._get_events(self.company, self.debtor)
            if event.kind == "overdue"
        ]
        self.assertEqual(
            events, [("2026-04-10", "Overdue"), ("2026-04-14", "Nothing is overdue any more")]
        )
        self.assertIn("Nothing is overdue any more", debtor.credit_timeline)
        with self.assertRaises(AccessError):
            self.signals.with_user(self.salesman).search([])
