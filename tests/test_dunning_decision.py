from datetime import date, timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningDecision(CreditManagementCommon):
    """One rule of the decision statement at a time."""

    def _send_level(self, invoice, stage, day, state="sent"):
        """Write history as if a reminder of that stage had gone out on that day."""
        level = self.levels[stage]
        item = self._items(invoice)
        notice = (
            self.env["dunning.notice"]
            .sudo()
            .create(
                {
                    "name": f"TEST{item.id}{stage}",
                    "company_id": invoice.company_id.id,
                    "partner_id": invoice.commercial_partner_id.id,
                    "contact_id": invoice.partner_id.id,
                    "currency_id": invoice.currency_id.id,
                    "level_id": level.id,
                    "date": day,
                    "state": state,
                    "sent_date": day if state in ("sent", "imported") else False,
                    "line_ids": [
                        Command.create(
                            {
                                "move_line_id": item.id,
                                "level_id": level.id,
                                "severity": level.severity,
                                "company_id": invoice.company_id.id,
                                "state": state,
                                "sent_date": day if state in ("sent", "imported") else False,
                                "term_date": fields.Date.to_date(day)
                                + timedelta(days=level.payment_days),
                                "move_name": invoice.name,
                                "date_maturity": item.date_maturity,
                                "amount_residual": item.amount_residual_currency,
                            }
                        )
                    ],
                }
            )
        )
        return notice

    def assertPlanned(self, invoice, day, stage, planned, reason="not_yet"):
        decision = self._decision(invoice, day)
        self.assertEqual(decision.reason, reason)
        self.assertEqual(decision.level_id, self.levels[stage].id)
        self.assertEqual(decision.date, fields.Date.to_date(planned))

    def test_first_level_is_planned_from_the_due_date(self):
        invoice = self._new_invoice("2026-04-02")
        self.assertPlanned(invoice, "2026-03-10", "courtesy", "2026-03-30")
        self.assertPlanned(invoice, "2026-03-29", "courtesy", "2026-03-30")
        self.assertPlanned(invoice, "2026-03-30", "courtesy", "2026-03-30", "remind")
        self.assertPlanned(invoice, "2026-04-01", "courtesy", "2026-04-01", "remind")

    def test_reminder_before_due_lapses_on_the_due_date(self):
        invoice = self._new_invoice("2026-03-31")
        self.assertPlanned(invoice, "2026-03-31", "reminder", "2026-04-07")
        self.assertPlanned(invoice, "2026-04-06", "reminder", "2026-04-07")
        self.assertPlanned(invoice, "2026-04-07", "reminder", "2026-04-07", "remind")

    def test_reminder_before_due_is_dropped_close_to_the_invoice_date(self):
        short = self._new_invoice("2026-04-02", invoice_date="2026-03-27")
        for day in ("2026-03-30", "2026-03-31", "2026-04-01"):
            self.assertPlanned(short, day, "reminder", "2026-04-09")
        longer = self._new_invoice("2026-04-02", invoice_date="2026-03-26")
        self.assertPlanned(longer, "2026-03-30", "courtesy", "2026-03-30", "remind")

    def test_old_debt_starts_at_the_first_reminder(self):
        invoice = self._new_invoice("2025-06-30")
        self.assertPlanned(invoice, "2026-03-02", "reminder", "2026-03-02", "remind")

    def test_gap_counts_from_the_day_of_sending(self):
        invoice = self._new_invoice("2026-03-31")
        self._send_level(invoice, "reminder", "2026-04-27")
        # Due on the 21st of April by age; the term of seven days and the day after come first.
        self.assertPlanned(invoice, "2026-05-04", "firm", "2026-05-05")
        self.assertPlanned(invoice, "2026-05-05", "firm", "2026-05-05", "remind")

    def test_reminder_before_due_does_not_delay_the_next_level(self):
        self.levels["reminder"].delay_days = 1
        invoice = self._new_invoice("2026-03-31")
        self._send_level(invoice, "courtesy", "2026-03-30")
        self.assertPlanned(invoice, "2026-04-01", "reminder", "2026-04-01", "remind")

    def test_handover_waits_for_the_term_of_the_final_notice(self):
        invoice = self._new_invoice("2026-03-31")
        self._send_level(invoice, "final", "2026-06-10")
        self.assertPlanned(invoice, "2026-06-24", "handover", "2026-06-25")
        self.assertPlanned(invoice, "2026-06-25", "handover", "2026-06-25", "remind")
        self._send_level(invoice, "handover", "2026-06-25")
        self.assertEqual(self._reason(invoice, "2027-01-01"), "finished")

    def test_failed_or_cancelled_notices_are_no_memory(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._send_level(invoice, "reminder", "2026-04-07", state="failed")
        self.assertEqual(self._reason(invoice, "2026-05-29"), "pending")
        notice._transition("cancelled")
        self.assertPlanned(invoice, "2026-05-29", "reminder", "2026-05-29", "remind")

    def test_imported_history_counts_as_sent(self):
        invoice = self._new_invoice("2026-03-31")
        self._send_level(invoice, "firm", "2026-04-21", state="imported")
        self.assertPlanned(invoice, "2026-04-22", "final", "2026-04-30")

    def test_never_milder_after_a_change_of_policy(self):
        other = self.env["dunning.policy"].create(
            {
                "name": "Short",
                "level_ids": [
                    Command.create({"name": "R", "delay_days": 1, "stage": "reminder"}),
                    Command.create(
                        {"name": "F", "delay_days": 2, "stage": "final", "sequence": 20}
                    ),
                ],
            }
        )
        invoice = self._new_invoice("2026-03-31")
        self._send_level(invoice, "firm", "2026-04-21")
        self.debtor.with_company(self.company).dunning_policy_id = other
        decision = self._decision(invoice, "2026-06-01")
        self.assertEqual(decision.level_id, other.level_ids.sorted("severity")[-1].id)

    def test_a_level_inserted_later_is_not_sent_after_a_firmer_one(self):
        invoice = self._new_invoice("2026-03-31")
        self._send_level(invoice, "firm", "2026-04-21")
        self.env["dunning.level"].create(
            {
                "policy_id": self.policy.id,
                "name": "In between",
                "sequence": 25,
                "delay_days": 14,
                "stage": "reminder",
            }
        )
        self.assertPlanned(invoice, "2026-05-20", "final", "2026-05-20", "remind")

    def test_archived_level_is_passed_over(self):
        invoice = self._new_invoice("2026-03-31")
        self.levels["reminder"].active = False
        self.assertPlanned(invoice, "2026-04-08", "firm", "2026-04-21")

    def test_invoice_that_was_never_sent_is_not_reminded(self):
        invoice = self._new_invoice("2026-03-31", sent=False)
        self.assertEqual(self._reason(invoice, "2026-05-01"), "not_delivered")
        self.policy.require_sent = False
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")
        self.policy.require_sent = True
        invoice.action_mark_as_sent()
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")

    def test_no_followup_and_blocked_payment_state(self):
        invoice = self._new_invoice("2026-03-31")
        invoice.no_followup = True
        self.assertEqual(self._reason(invoice, "2026-05-01"), "no_followup")
        invoice.no_followup = False
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")
        invoice.payment_state = "blocked"
        self.assertEqual(self._reason(invoice, "2026-05-01"), "payment_blocked")

    def test_payment_in_process_holds_the_reminder(self):
        invoice = self._new_invoice("2026-03-31")
        invoice.payment_state = "in_payment"
        self.assertEqual(self._reason(invoice, "2026-05-01"), "under_way")

    def test_pending_online_payment_holds_the_reminder_for_some_days(self):
        invoice = self._new_invoice("2026-03-31")
        provider = self.env["payment.provider"].create({"name": "Test", "code": "none"})
        with self._frozen("2026-05-01"):
            transaction = self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                    "reference": "way",
                    "amount": 100,
                    "currency_id": invoice.currency_id.id,
                    "partner_id": self.debtor.id,
                    "invoice_ids": [Command.set(invoice.ids)],
                }
            )
            self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")
            transaction._set_pending()
        self.assertEqual(self._reason(invoice, "2026-05-02"), "under_way")
        self.assertEqual(self._reason(invoice, "2026-05-08"), "remind")

    def test_pause_of_an_item_a_debtor_and_the_company(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        for values, other_reason in (
            ({"move_line_id": self._items(invoice).id}, "remind"),
            ({"partner_id": self.debtor.id}, "remind"),
            ({}, "block"),
        ):
            with self.subTest(values=values):
                block = self.env["dunning.block"].create(
                    {
                        "company_id": self.company.id,
                        "date_from": "2026-05-01",
                        "date_to": "2026-05-10",
                        "reason": "Holiday",
                        **values,
                    }
                )
                self.assertEqual(self._reason(invoice, "2026-04-30"), "remind")
                self.assertEqual(self._reason(invoice, "2026-05-01"), "block")
                self.assertEqual(self._reason(other, "2026-05-05"), other_reason)
                self.assertEqual(self._decision(invoice, "2026-05-10").block_id, block.id)
                self.assertEqual(self._reason(invoice, "2026-05-11"), "remind")
                block.action_lift()
                self.assertEqual(self._reason(invoice, "2026-05-05"), "remind")

    def test_pause_of_one_item_does_not_silence_the_others(self):
        paused = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-30")
        self.env["dunning.block"].create(
            {
                "company_id": self.company.id,
                "move_line_id": self._items(paused).id,
                "date_from": "2026-04-01",
                "reason": "Question",
            }
        )
        self.assertEqual(self._reason(paused, "2026-05-01"), "block")
        self.assertEqual(self._reason(other, "2026-05-01"), "remind")

    def test_disputed_part_is_held_and_the_rest_reminded(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        block = self.env["dunning.block"].create(
            {
                "kind": "dispute",
                "company_id": self.company.id,
                "move_line_id": self._items(invoice).id,
                "date_from": "2026-04-01",
                "amount": 30,
                "reason": "Short delivery",
            }
        )
        decision = self._decision(invoice, "2026-05-01")
        self.assertEqual((decision.reason, decision.amount), ("remind", 70))
        block.amount = 100
        self.assertEqual(self._reason(invoice, "2026-05-01"), "block")

    def test_unallocated_money_that_covers_holds_without_end(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._receive(100, "2026-04-01")
        self.assertEqual(self._reason(invoice, "2026-08-01"), "unallocated")

    def test_small_old_unallocated_money_does_not_silence_a_large_debt(self):
        invoice = self._new_invoice("2026-03-31", amount=40000)
        self._receive(12, "2026-04-20")
        self.assertEqual(self._reason(invoice, "2026-04-26"), "unallocated")
        self.assertEqual(self._reason(invoice, "2026-04-27"), "remind")

    def test_money_of_another_debtor_or_currency_does_not_hold(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._receive(100, "2026-04-30", partner=self._new_debtor("Debtor Two"))
        foreign = self.setup_other_currency("EUR")
        refund = self._new_invoice(
            "2026-04-30", amount=500, move_type="out_refund", currency_id=foreign.id
        )
        self.assertTrue(refund.line_ids)
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")

    def test_debtor_without_address_is_blocked_and_the_letter_is_the_fall_back(self):
        invoice = self._new_invoice("2026-03-31")
        self.debtor.email = False
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")
        self.debtor.city = False
        self.assertEqual(self._reason(invoice, "2026-05-01"), "no_address")

    def test_minimum_amount_counts_all_of_the_debtor(self):
        self.policy.minimum_amount = 50
        small = self._new_invoice("2026-03-31", amount=30)
        self.assertEqual(self._reason(small, "2026-05-01"), "below_minimum")
        other = self._new_invoice("2026-04-20", amount=20)
        self.assertEqual(self._reason(small, "2026-04-26"), "below_minimum")
        self.assertEqual(self._reason(small, "2026-04-27"), "remind")
        self.assertEqual(self._reason(other, "2026-04-27"), "remind")

    def test_minimum_amount_is_compared_in_company_currency(self):
        # Two units of the foreign currency are one of the company's.
        foreign = self.setup_other_currency("EUR")
        self.policy.minimum_amount = 60
        invoice = self._new_invoice("2026-03-31", amount=100, currency_id=foreign.id)
        item = self._items(invoice)
        self.assertLess(item.amount_residual, 60)
        self.assertEqual(self._reason(invoice, "2026-05-01"), "below_minimum")
        self.policy.minimum_amount = item.amount_residual
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")

    def test_several_due_dates_are_separate_items(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now, half later",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        invoice = self._new_invoice(
            "2026-03-31", invoice_date="2026-03-01", invoice_payment_term_id=term.id
        )
        items = self._items(invoice).sorted("date_maturity")
        self.assertEqual(items.mapped("date_maturity"), [date(2026, 3, 1), date(2026, 4, 30)])
        decisions = self._decisions("2026-03-10")
        self.assertEqual(decisions[items[0].id].reason, "remind")
        self.assertEqual(decisions[items[1].id].reason, "not_yet")
        self.assertEqual(decisions[items[1].id].level_id, self.levels["courtesy"].id)

    def test_partly_paid_invoice_goes_on_with_its_residual(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._pay(invoice, 40, "2026-04-02")
        decision = self._decision(invoice, "2026-04-20")
        self.assertEqual((decision.reason, decision.amount), ("remind", 60))

    def test_opening_balance_is_dunned_although_the_core_excludes_it(self):
        journal = self.company_data["default_journal_misc"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": "2026-01-01",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_receivable"].id,
                            "partner_id": self.debtor.id,
                            "debit": 75,
                            "date_maturity": "2026-01-15",
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_revenue"].id,
                            "credit": 75,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self.assertTrue(self._items(entry).no_followup)
        self.assertEqual(self._decisions("2026-03-01")[self._items(entry).id].reason, "remind")
        self.policy.include_entries = False
        self.assertEqual(self._decisions("2026-03-01")[self._items(entry).id].reason, "no_followup")

    def test_vendor_bills_and_credit_notes_are_no_items(self):
        self._new_refund("2026-03-31")
        bill = self.init_invoice("in_invoice", partner=self.debtor, amounts=[100], post=True)
        self.assertTrue(bill)
        self.assertFalse(self._decisions("2026-05-01"))

    def test_contacts_share_the_policy_and_money_of_their_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Person", "parent_id": self.debtor.id, "email": "person@buyer.example"}
        )
        invoice = self._new_invoice("2026-03-31", partner=contact)
        decision = self._decision(invoice, "2026-05-01")
        self.assertEqual(decision.partner_id, self.debtor.id)
        self.assertEqual(decision.contact_id, contact.id)
        self._receive(100, "2026-04-30")
        self.assertEqual(self._reason(invoice, "2026-05-01"), "unallocated")

    def test_companies_of_our_own_group_are_never_reminded(self):
        sister = self.setup_other_company(name="Sister")["company"]
        sister.partner_id.write({"email": "a@sister.example", "is_company": True})
        contact = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": sister.partner_id.id, "email": "b@sister.example"}
        )
        for partner in (sister.partner_id, contact):
            invoice = self._new_invoice("2026-03-31", partner=partner)
            self.assertEqual(self._reason(invoice, "2026-05-01"), "own_group")

    def test_without_policy_nothing_is_reminded(self):
        invoice = self._new_invoice("2026-03-31")
        self.company.dunning_policy_id = False
        self.env["dunning.policy"].search([]).active = False
        self.assertEqual(self._reason(invoice, "2026-05-01"), "no_policy")

    def test_a_fresh_company_needs_no_setting(self):
        other = self.setup_other_company()["company"]
        self.assertEqual(self.env["dunning.policy"]._get_default(other), self.policy)

    def test_decision_reads_what_the_orm_has_not_flushed(self):
        invoice = self._new_invoice("2026-03-31")
        self.assertEqual(self._reason(invoice, "2026-05-01"), "remind")
        invoice.is_move_sent = False
        self.assertEqual(self._reason(invoice, "2026-05-01"), "not_delivered")

    def test_every_reason_has_a_label_and_a_sentence(self):
        invoice = self._new_invoice("2026-03-31")
        decisions = self.env["dunning.decision"]
        block = self.env["dunning.block"].create(
            {"company_id": self.company.id, "reason": "R", "partner_id": self.debtor.id}
        )
        notice = self._send_level(invoice, "reminder", "2026-04-07", state="proposed")
        decision = self._decision(invoice, "2026-03-31")._replace(
            block_id=block.id,
            notice_id=notice.id,
            date=date(2026, 5, 1),
            level_id=self.levels["firm"].id,
            last_level_id=self.levels["reminder"].id,
            last_date=date(2026, 4, 7),
        )
        sentences = set()
        for reason in decisions._get_reason_labels():
            sentence = decisions._explain(decision._replace(reason=reason))
            self.assertIn(self.levels["reminder"].name, sentence)
            sentences.add(sentence)
        self.assertEqual(len(sentences), len(decisions._get_reason_labels()))
