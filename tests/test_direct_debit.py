from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDirectDebit(NoticeCommon):
    """What is collected by direct debit is silent until the bank returns it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor.dunning_direct_debit = True

    def _return(self, invoices, day="2026-04-03", reason="Insufficient funds", user=None):
        with self._frozen(day):
            action = invoices.with_user(user or self.collector).action_direct_debit_returned()
            self.env["dunning.return.debit"].with_user(user or self.collector).with_context(
                **action["context"]
            ).create({"reason": reason}).action_confirm()

    def _calls(self):
        return self.debtor.activity_ids.filtered("dunning_channel")

    def test_posted_invoices_of_the_debtor_are_collected(self):
        contact = self.env["res.partner"].create(
            {"name": "Purchasing", "parent_id": self.debtor.id}
        )
        stranger = self._new_debtor("Stranger")
        self.assertEqual(self._new_invoice("2026-03-31").direct_debit_state, "collected")
        self.assertEqual(
            self._new_invoice("2026-03-31", partner=contact).direct_debit_state, "collected"
        )
        self.assertFalse(self._new_refund("2026-03-31").direct_debit_state)
        self.assertFalse(self._new_invoice("2026-03-31", partner=stranger).direct_debit_state)

    def test_collected_is_not_reminded(self):
        invoice = self._new_invoice("2026-03-31")
        self.assertEqual(self._reason(invoice, "2026-04-10"), "direct_debit")
        self.assertFalse(self._run_day("2026-04-10"))

    def test_returned_is_called_about_and_then_reminded(self):
        invoice = self._new_invoice("2026-03-31")
        messages = self.env["mail.mail"].search_count([])
        self._return(invoice)
        self.assertEqual(invoice.direct_debit_state, "returned")
        self.assertEqual(invoice.direct_debit_return_reason, "Insufficient funds")
        self.assertEqual(invoice.invoice_date_due, fields.Date.to_date("2026-03-31"))
        self.assertIn("Insufficient funds", "".join(invoice.message_ids.mapped("body")))
        self.assertEqual(self.env["mail.mail"].search_count([]), messages)
        call = self._calls()
        self.assertEqual(call.user_id, self.collector)
        self.assertEqual(call.date_deadline, fields.Date.to_date("2026-04-03"))
        self.assertEqual(call.dunning_amount, 100)
        for text in (invoice.name, "Insufficient funds", "mandate"):
            self.assertIn(text, call.note)
        notice = self._run_day("2026-04-10")
        self.assertEqual(notice.line_ids.move_line_id, self._items(invoice))

    def test_first_reminder_has_a_text_of_its_own(self):
        invoice = self._new_invoice("2026-03-31")
        self._return(invoice)
        first = self._run_day("2026-04-10")
        self.assertIn("returned the collection", first.mail_message_id.body)
        self.assertNotIn("Perhaps it was overlooked", first.mail_message_id.body)
        second = self._run_day("2026-04-24")
        self.assertEqual(second.stage, "firm")
        self.assertNotIn("returned the collection", second.mail_message_id.body)

    def test_mixed_with_others_the_level_speaks(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31")
        other.with_user(self.collector).action_direct_debit_clear()
        self._return(invoice)
        notice = self._run_day("2026-04-10")
        self.assertEqual(len(notice.line_ids), 2)
        self.assertIn("Perhaps it was overlooked", notice.mail_message_id.body)

    def test_template_that_was_deleted(self):
        self.env.ref("account_credit_management.mail_template_direct_debit_returned").unlink()
        self._return(self._new_invoice("2026-03-31"))
        notice = self._run_day("2026-04-10")
        self.assertIn("Perhaps it was overlooked", notice.mail_message_id.body)

    def test_one_call_about_all_returns_of_a_debtor(self):
        first = self._new_invoice("2026-03-31")
        second = self._new_invoice("2026-03-31", amount=50)
        self._return(first)
        self._return(second, "2026-04-04", "Account closed")
        call = self._calls()
        self.assertEqual(len(call), 1)
        self.assertEqual(call.dunning_move_ids, first | second)
        self.assertEqual(call.dunning_amount, 150)
        with self._frozen("2026-04-04"):
            first.with_user(self.collector).action_direct_debit_collected()
        self.assertEqual(self._calls().dunning_move_ids, second)

    def test_promise_in_that_call_holds_just_that_invoice(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31")
        self._return(invoice)
        call = self._calls()
        with self._frozen("2026-04-03"):
            self.env["dunning.log.contact"].with_user(self.collector).create(
                {"activity_id": call.id}
            )._log("promise")
        blocks = self.env["dunning.block"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(blocks.move_line_id, self._items(invoice))
        self.assertNotIn(self._items(other), blocks.move_line_id)
        self.assertFalse(call.active)

    def test_collected_again(self):
        invoice = self._new_invoice("2026-03-31")
        self._return(invoice)
        invoice.with_user(self.collector).action_direct_debit_collected()
        self.assertEqual(invoice.direct_debit_state, "collected")
        self.assertFalse(invoice.direct_debit_return_date)
        self.assertFalse(invoice.direct_debit_return_reason)
        self.assertFalse(self._calls())
        self.assertFalse(self._run_day("2026-04-10"))

    def test_by_hand_without_the_setting_of_the_debtor(self):
        self.debtor.dunning_direct_debit = False
        invoice = self._new_invoice("2026-03-31")
        self.assertFalse(invoice.direct_debit_state)
        with self.assertRaises(UserError):
            self._return(invoice)
        invoice.with_user(self.collector).action_direct_debit_collected()
        self.assertEqual(invoice.direct_debit_state, "collected")
        self.assertFalse(self._run_day("2026-04-10"))

    def test_only_collectors_and_only_invoices(self):
        invoice = self._new_invoice("2026-03-31")
        clerk = self._new_user("clerk", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            invoice.with_user(clerk).action_direct_debit_clear()
        with self.assertRaises(AccessError):
            self._return(invoice, user=clerk)
        refund = self._new_refund("2026-03-31")
        with self.assertRaises(UserError):
            refund.with_user(self.collector).action_direct_debit_collected()
        with self.assertRaises(UserError), self._frozen("2026-04-03"):
            self.env["dunning.return.debit"].with_user(self.collector).create(
                {
                    "move_ids": invoice.ids,
                    "reason": "Too early",
                    "date": "2026-05-01",
                }
            ).action_confirm()
        self.assertEqual(invoice.direct_debit_state, "collected")
