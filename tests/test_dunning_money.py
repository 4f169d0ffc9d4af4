from odoo import fields
from odoo.tests import tagged

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDunningMoney(NoticeCommon):
    """Older money that nobody allocated, and a bank that is not booked yet."""

    def _block(self, invoice, **values):
        return self.env["dunning.block"].create(
            {
                "move_line_id": self._items(invoice).id,
                "date_from": "2026-01-01",
                "reason": "Held",
                **values,
            }
        )

    def test_older_small_money_is_listed_deducted_and_the_link_asks_the_net(self):
        invoice = self._new_invoice("2026-03-31", amount=40000)
        self._receive(12, "2026-03-20")
        self.assertIn("12.00) is deducted", self._explanation(invoice, "2026-04-08"))
        notice = self._run_day_for(self.debtor, "2026-04-08")
        self.assertEqual(notice.amount_residual, 40000)
        self.assertEqual(notice.amount_unallocated, 12)
        self.assertEqual(notice.amount_total, 39988)
        self.assertEqual(notice.amount_due_now, 39988)
        with self._frozen("2026-04-08"):
            body = str(notice._render_message()["body"])
        self.assertIn("Received from you and not yet allocated", body)
        self.assertIn("39,988.00", body)

    def _explanation(self, invoice, day):
        return self.env["dunning.decision"]._explain(self._decision(invoice, day))

    def test_what_was_deducted_and_is_allocated_later_is_not_deducted_twice(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        money = self._receive(100, "2026-03-20")
        notice = self._run_day_for(self.debtor, "2026-04-08")
        self.assertEqual(notice.amount_due_now, 900)
        receivable = self._items(invoice).account_id
        (
            self._items(invoice)
            + money.line_ids.filtered(lambda line: line.account_id == receivable)
        ).reconcile()
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 900)

    def test_money_that_came_after_the_notice_is_not_deducted_from_its_link(self):
        self._new_invoice("2026-03-31", amount=1000)
        self._receive(100, "2026-03-20")
        notice = self._run_day_for(self.debtor, "2026-04-08")
        self._receive(500, "2026-04-09")
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 900)

    def test_two_messages_of_a_debtor_share_what_is_deducted(self):
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        self._new_invoice("2026-03-31", amount=300)
        self._new_invoice("2026-03-31", partner=contact, amount=100)
        self._receive(10, "2026-03-20")
        notices = self._run_day_for(self.debtor, "2026-04-08")
        self.assertEqual(sorted(notices.mapped("amount_unallocated")), [2.5, 7.5])
        self.assertEqual(sorted(notices.mapped("amount_total")), [97.5, 292.5])

    def _propose_two_messages(self, large, small):
        """Of an invoice of the debtor and one of its branch, proposed but not sent."""
        branch = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        self._new_invoice("2026-03-31", amount=large)
        self._new_invoice("2026-03-31", partner=branch, amount=small)
        notices = self._propose("2026-04-08")
        self.assertEqual(len(notices), 2)
        return notices.sorted("amount_residual", reverse=True)

    def _send_one_by_one(self, notices):
        for notice in notices:
            notice._send(fields.Date.to_date("2026-04-08"))
        self.assertEqual(notices.mapped("state"), ["sent"] * len(notices))

    def test_messages_that_leave_one_by_one_share_what_is_deducted(self):
        self._receive(10, "2026-03-20")
        notices = self._propose_two_messages(300, 100)
        self._send_one_by_one(notices)
        self.assertEqual(notices.mapped("amount_unallocated"), [7.5, 2.5])

    def test_money_that_covers_one_of_two_messages_holds_neither(self):
        self._receive(150, "2026-03-20")
        notices = self._propose_two_messages(300, 100)
        self._send_one_by_one(notices[1] + notices[0])
        self.assertEqual(notices.mapped("amount_unallocated"), [112.5, 37.5])

    def test_minimum_is_that_of_all_messages_also_one_by_one(self):
        self.policy.minimum_amount = 100
        self._send_one_by_one(self._propose_two_messages(60, 59))

    def test_what_waits_to_be_sent_bears_its_share_of_the_money(self):
        self._receive(30, "2026-03-20")
        waiting = self._new_invoice("2026-03-31", amount=100)
        self._propose("2026-04-08")
        later = self._new_invoice("2026-04-02", amount=50)
        self.assertEqual(self._reason(waiting, "2026-04-10"), "pending")
        decision = self._decision(later, "2026-04-10")
        self.assertEqual((decision.outcome, float(decision.credit)), ("remind", 10))

    def test_money_that_covers_what_is_asked_holds_although_more_is_overdue(self):
        paused = self._new_invoice("2026-03-31", amount=1000)
        asked = self._new_invoice("2026-03-31", amount=100)
        self._block(paused)
        self._receive(100, "2026-03-20")
        self.assertEqual(self._reason(asked, "2026-04-08"), "unallocated")
        self.assertFalse(self._run_day_for(self.debtor, "2026-04-08"))

    def test_minimum_is_compared_with_what_is_left_to_ask(self):
        self.policy.minimum_amount = 50
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._receive(49, "2026-03-20")
        self.assertEqual(self._reason(invoice, "2026-04-08"), "remind")
        self._receive(2, "2026-03-20")
        self.assertEqual(self._reason(invoice, "2026-04-08"), "below_minimum")

    def test_a_reminder_before_due_deducts_nothing(self):
        self._new_invoice("2026-03-31", amount=1000)
        self._new_invoice("2026-04-20", amount=70)
        self._receive(10, "2026-03-20")
        notices = self._run_day_for(self.debtor, "2026-04-17")
        by_stage = {notice.stage: notice for notice in notices}
        self.assertEqual(by_stage["courtesy"].amount_total, 70)
        self.assertEqual(by_stage["reminder"].amount_total, 990)

    def test_deduction_follows_what_happens_until_the_notice_is_sent(self):
        self._new_invoice("2026-03-31", amount=1000)
        self._receive(100, "2026-03-20")
        notice = self._propose("2026-04-08")
        self.assertEqual(notice.amount_total, 900)
        self._receive(50, "2026-03-21")
        notice._send(fields.Date.to_date("2026-04-08"))
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.amount_unallocated, 150)
        self.assertEqual(notice.amount_total, 850)

    def _book_bank(self, day):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": day,
                "amount": 1,
                "payment_ref": "Interest",
            }
        )

    def test_reminders_wait_until_the_bank_is_booked(self):
        invoice = self._new_invoice("2026-03-31")
        self.company.dunning_bank_max_age = 3
        self.assertEqual(self._reason(invoice, "2026-04-08"), "remind", "no bank in these books")
        self._book_bank("2026-04-04")
        self.assertEqual(self._reason(invoice, "2026-04-07"), "remind")
        self.assertEqual(self._reason(invoice, "2026-04-08"), "bank_outdated")
        self.assertFalse(self._run_day("2026-04-08"))
        self.assertIn("04/04/2026", self._explanation(invoice, "2026-04-08"))
        self._book_bank("2026-04-08")
        self.assertEqual(self._reason(invoice, "2026-04-08"), "remind")
        self.company.dunning_bank_max_age = 0
        self.assertEqual(self._reason(invoice, "2026-06-08"), "remind")

    def test_bank_of_another_company_does_not_count(self):
        other = self.setup_other_company(name="Other")
        self.company.dunning_bank_max_age = 3
        self._book_bank("2026-04-01")
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": other["default_journal_bank"].id,
                "company_id": other["company"].id,
                "date": "2026-04-08",
                "amount": 1,
                "payment_ref": "Interest",
            }
        )
        invoice = self._new_invoice("2026-03-31")
        self.assertEqual(self._reason(invoice, "2026-04-08"), "bank_outdated")

    def test_payment_that_waits_for_the_bank_statement_holds(self):
        """Where accounting is installed such a payment has no entry, and the item stays open."""
        invoice = self._new_invoice("2026-03-31")
        notice = self._propose("2026-04-08")
        journal = self.company_data["default_journal_bank"]
        method = journal.inbound_payment_method_line_ids[:1]
        method.payment_account_id = False
        self.patch(
            type(self.env["account.move"]),
            "_get_invoice_in_payment_state",
            lambda moves: "in_payment",
        )
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create(
                {
                    "payment_date": "2026-04-08",
                    "journal_id": journal.id,
                    "payment_method_line_id": method.id,
                }
            )
        )
        payment = wizard._create_payments()
        self.assertFalse(payment.move_id)
        self.assertEqual(invoice.amount_residual, 100, "nothing is booked before the bank is")
        with self._frozen("2026-04-08"):
            notice._send(notice.date)
        self.assertEqual(notice.state, "obsolete")
        self.assertFalse(notice.amount_due_now)
        payment.action_cancel()
        self.assertEqual(self._reason(invoice, "2026-04-08"), "remind")
