from odoo.tests import tagged

from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestDunningBegin(NoticeCommon):
    """Beginning on a ledger full of old debts, and how often a debtor hears from us."""

    def _begin(self, how, day):
        self.company.write({"dunning_begin": how, "dunning_start_date": day})

    def test_from_a_date_on_old_debts_are_left_alone(self):
        old = self._new_invoice("2026-03-31")
        new = self._new_invoice("2026-04-01")
        self._begin("date", "2026-04-01")
        self.assertEqual(self._reason(old, "2026-06-01"), "before_start")
        self.assertEqual(self._reason(new, "2026-06-01"), "remind")
        notice = self._run_day("2026-06-01")
        self.assertEqual(notice.line_ids.move_line_id, self._items(new))
        explanation = self.env["dunning.decision"]._explain(self._decision(old, "2026-06-01"))
        self.assertIn("04/01/2026", explanation)

    def test_an_old_debt_that_was_reminded_before_goes_on(self):
        old, _notice = self._send_reminder("2026-03-01")
        self._begin("date", "2026-04-01")
        self.assertEqual(self._reason(old, "2026-04-02"), "remind")

    def test_everyone_at_the_first_level(self):
        old = self._new_invoice("2026-01-01")
        self._begin("first", "2026-04-01")
        self.assertEqual(self._decision(old, "2026-04-01").level_id, self.levels["reminder"].id)

    def test_by_age_an_old_debt_gets_one_message_of_the_level_it_would_have(self):
        very_old = self._new_invoice("2025-06-30")
        old = self._new_invoice("2026-03-05", partner=self._new_debtor("Debtor Two"))
        young = self._new_invoice("2026-03-28", partner=self._new_debtor("Debtor Three"))
        new = self._new_invoice("2026-04-02", partner=self._new_debtor("Debtor Four"))
        self._begin("age", "2026-04-01")
        expected = {very_old: "final", old: "firm", young: "reminder", new: "reminder"}
        for invoice, stage in expected.items():
            level = self._decision(invoice, "2026-04-10").level_id
            self.assertEqual(level, self.levels[stage].id, stage)
        sent = self._run_day("2026-04-10")
        self.assertEqual(len(sent), 3, "the final notice waits to be released by hand")
        self.assertFalse(self._run_day("2026-04-11"), "one message, not one level a day")
        self.assertEqual(self._decision(old, "2026-05-10").level_id, self.levels["final"].id)

    def test_by_age_nothing_is_handed_over_without_a_final_notice(self):
        ancient = self._new_invoice("2020-01-01")
        self._begin("age", "2026-04-01")
        self.assertEqual(self._decision(ancient, "2026-04-10").level_id, self.levels["final"].id)

    def test_never_more_messages_in_a_week_than_allowed(self):
        self.company.dunning_weekly_cap = 2
        for day in range(1, 7):
            self._new_invoice(f"2026-04-0{day}")
        sent = {day: len(self._run_day(f"2026-04-{day:02}")) for day in range(8, 16)}
        self.assertEqual(sent, {8: 1, 9: 1, 10: 0, 11: 0, 12: 0, 13: 0, 14: 0, 15: 1})
        last = self.env["dunning.notice"].search([], limit=1)
        self.assertEqual(len(last.line_ids), 4, "what had to wait goes out together")

    def test_cap_says_until_when(self):
        self.company.dunning_weekly_cap = 1
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        invoice = self._new_invoice("2026-04-01")
        decision = self._decision(invoice, "2026-04-09")
        self.assertEqual(decision.reason, "contact_cap")
        self.assertEqual(str(decision.date), "2026-04-15")
        self.assertEqual(decision.outcome, "wait")

    def test_cap_counts_per_debtor_and_not_what_was_cancelled(self):
        self.company.dunning_weekly_cap = 1
        self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        proposed = self._propose("2026-04-08")
        self.assertEqual(len(proposed), 2)
        proposed._transition("cancelled")
        self.assertEqual(self._reason(other, "2026-04-08"), "remind")

    def test_cap_within_one_run_keeps_the_rest_for_later(self):
        self.company.dunning_weekly_cap = 1
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=contact)
        self.assertEqual(len(self._run_day("2026-04-08")), 1)
        self.assertFalse(self._run_day("2026-04-14"))
        self.assertEqual(len(self._run_day("2026-04-15")), 1)

    def test_two_messages_that_were_proposed_together_are_both_sent(self):
        self.company.dunning_weekly_cap = 2
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=contact)
        first, second = self._propose("2026-04-08")
        for notice in (first, second):
            with self._frozen("2026-04-08"):
                notice._send(notice.date)
            self.assertEqual(notice.state, "sent")

    def test_planned_days_are_working_days(self):
        invoice = self._new_invoice("2026-04-03")
        decision = self._decision(invoice, "2026-04-06")
        self.assertEqual(str(decision.date), "2026-04-10")
        invoice = self._new_invoice("2026-04-04")
        decision = self._decision(invoice, "2026-04-06")
        self.assertEqual(str(decision.date), "2026-04-13", "the 11th is a Saturday")
