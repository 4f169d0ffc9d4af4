from odoo.tests import tagged

from .arrangement_common import ArrangementCommon


@tagged("post_install", "-at_install")
class TestArrangementLife(ArrangementCommon):
    """An arrangement from day to day: three payments of 100, on Wednesday 1 April, Friday 1 May
    and Monday 1 June 2026."""

    def setUp(self):
        super().setUp()
        self.invoice = self._new_invoice("2026-02-02", amount=300.0)
        with self._frozen("2026-03-02"):
            self.arrangement = self._arrange(self.invoice)
        self.before = self._mails(self.arrangement)

    def _blocks(self, arrangement=None):
        return (arrangement or self.arrangement)._get_blocks()

    # === KEPT ===#
    def test_kept_to_the_end(self):
        arrangement = self.arrangement
        self.assertEqual(arrangement.state, "active")
        self.assertEqual(self._reason(self.invoice, "2026-03-02"), "block")
        with self._frozen("2026-03-27"):
            self.assertEqual(arrangement.amount_due_now, 100.0)
        for index, day in enumerate(["2026-04-01", "2026-05-01", "2026-06-01"], 1):
            with self._frozen(day):
                self.assertEqual(arrangement.next_line_id, arrangement.line_ids[index - 1])
                self._pay(self.invoice, 100.0, day)
                self.assertEqual(arrangement.amount_paid, 100.0 * index)
                self.assertEqual(self._states(arrangement)[:index], ["paid"] * index)
            self._day(day)
        self.assertEqual(arrangement.state, "fulfilled")
        self.assertEqual(arrangement.closed_date.isoformat(), "2026-06-01")
        self.assertFalse(self._calls())
        self.assertFalse(self._blocks())
        self.assertFalse(arrangement.line_ids.filtered("missed_date"))

    def test_nothing_happens_on_other_days(self):
        for day in ("2026-03-03", "2026-03-20", "2026-04-01"):
            ids = []
            with self._frozen(day):
                ids = self.arrangements._get_due_ids(self.company, self.arrangement._get_today())
            if day != "2026-04-01":
                self.assertNotIn(self.arrangement.id, ids, day)
            self._day(day)
        self.assertEqual(self.arrangement.state, "active")
        self.assertFalse(self._calls())

    def test_a_notice_comes_before_each_installment_once(self):
        arrangement = self.arrangement
        self._day("2026-03-28")
        self.assertFalse(self._mails(arrangement, self.before))
        self._day("2026-03-29")
        self._day("2026-03-30")
        [mail] = self._mails(arrangement, self.before)
        self.assertIn("100.00", mail.body_html)
        self.assertNotIn("300.00", mail.body_html)
        for day in ("2026-03-31", "2026-04-20"):
            with self._frozen(day):
                self._pay(self.invoice, 100.0, day)
        # The second one was paid early.
        self._day("2026-04-29")
        self.assertEqual(len(self._mails(arrangement, self.before)), 1)

    def test_no_notice_without_an_address_and_in_test_mode(self):
        self.debtor.email = False
        self._day("2026-03-29")
        self.assertFalse(self._mails(self.arrangement, self.before))
        self.assertTrue(self.arrangement.line_ids[0].notified_date)
        self.debtor.email = "debtor@buyer.example"
        self.company.dunning_test_mode = True
        with self._frozen("2026-04-01"):
            self._pay(self.invoice, 100.0, "2026-04-01")
        self._day("2026-04-28")
        self.assertFalse(self._mails(self.arrangement, self.before))

    # === MISSED ===#
    def test_missed_once_and_cured(self):
        arrangement = self.arrangement
        with self._frozen("2026-04-01"):
            self._pay(self.invoice, 100.0, "2026-04-01")
        for day in ("2026-05-01", "2026-05-02", "2026-05-03"):
            self._day(day)
            self.assertFalse(self._calls(), day)
        with self._frozen("2026-05-03"):
            self.assertEqual(self._states(arrangement), ["paid", "due", "planned"])
        self._day("2026-05-04")
        [call] = self._calls()
        self.assertEqual(call.dunning_channel, "call")
        self.assertEqual(call.user_id, self.manager)
        self.assertEqual(call.dunning_amount, 100.0)
        with self._frozen("2026-05-04"):
            self.assertEqual(self._states(arrangement), ["paid", "missed", "planned"])
        self._day("2026-05-05")
        self.assertEqual(self._calls(), call)
        with self._frozen("2026-05-08"):
            self._pay(self.invoice, 100.0, "2026-05-08")
        self.assertFalse(self._calls())
        for day in ("2026-05-11", "2026-05-12"):
            self._day(day)
        self.assertEqual(arrangement.state, "active")
        self.assertEqual(self._reason(self.invoice, "2026-05-12"), "block")

    def test_paying_a_part_does_not_cure(self):
        with self._frozen("2026-04-01"):
            self._pay(self.invoice, 99.0, "2026-04-01")
        self._day("2026-04-02")
        self.assertEqual(self._calls().dunning_amount, 1.0)
        with self._frozen("2026-04-02"):
            self.assertEqual(self._states(self.arrangement), ["missed", "planned", "planned"])
            self.assertEqual(self.arrangement.amount_due_now, 1.0)

    def test_broken_and_reminders_go_on_at_the_stored_level_and_not_before(self):
        with self._frozen("2026-03-01"):
            other = self._new_invoice("2026-02-02", amount=80.0)
        [first] = self._run_day("2026-03-03")
        self.assertEqual(first.line_ids.move_line_id, self._items(other))
        arrangement = self.arrangement
        with self._frozen("2026-03-04"):
            late = self._arrange(other, count=2)
        for day in ("2026-04-02", "2026-04-07", "2026-04-08"):
            self._day(day)
            self.assertEqual(arrangement.state, "active", day)
            self.assertFalse(self._run_day(day), day)
        self.assertEqual(self._reason(other, "2026-04-08"), "block")
        self._day("2026-04-09")
        self.assertEqual((arrangement.state, late.state), ("broken", "broken"))
        self.assertFalse(self._blocks() | self._blocks(late))
        # What was reminded before goes on with the next level, the other begins.
        decision = self._decision(other, "2026-04-09")
        self.assertEqual(decision.reason, "remind")
        self.assertEqual(decision.level_id, self.levels["firm"].id)
        self.assertEqual(
            self._decision(self.invoice, "2026-04-09").level_id, self.levels["reminder"].id
        )
        self.assertTrue(self._run_day("2026-04-09"))

    def test_who_is_told_that_it_broke(self):
        self._day("2026-04-02")
        self._day("2026-04-09")
        self.assertEqual(self.arrangement.state, "broken")
        self.assertIn("300.00", self._mails(self.arrangement)[-1].body_html)
        told = self.arrangement.message_ids.filtered(
            lambda message: self.salesman.partner_id in message.notified_partner_ids
        )
        self.assertTrue(told)
        self.assertEqual(self.arrangement.closed_date.isoformat(), "2026-04-09")
        count = len(self.arrangement.message_ids)
        self._day("2026-04-10")
        self.assertEqual(len(self.arrangement.message_ids), count)
        # Money that comes now pays the invoice and mends nothing.
        with self._frozen("2026-04-13"):
            self._pay(self.invoice, 300.0, "2026-04-13")
        self.assertEqual(self.arrangement.state, "broken")

    def test_a_person_chooses_the_level_after_breaking(self):
        with self._frozen("2026-04-02"):
            self.arrangement.with_user(self.collector)._break("No trust.", self.levels["final"])
        decision = self._decision(self.invoice, "2026-04-02")
        self.assertEqual(decision.level_id, self.levels["final"].id)
        # Not milder than what was sent already.
        other = self._new_invoice("2026-02-02", self._new_debtor("Debtor Two"), amount=80.0)
        self._run_day("2026-04-02")
        with self._frozen("2026-04-20"):
            second = self._arrange(other, first_due=self.arrangement.line_ids[1].date_due)
            second.with_user(self.collector)._break("No trust.", self.levels["reminder"])
        self.assertEqual(self._decision(other, "2026-04-20").level_id, self.levels["firm"].id)

    def test_without_grace_it_breaks_on_the_next_working_day(self):
        self.arrangement._with_gate_open().grace_days = 0
        self._day("2026-04-01")
        self.assertEqual(self.arrangement.state, "active")
        self._day("2026-04-02")
        self.assertEqual(self.arrangement.state, "broken")

    def test_nothing_is_missed_while_nobody_can_know(self):
        self._receive(100.0, "2026-04-01")
        self._day("2026-04-09")
        self.assertEqual(self.arrangement.state, "active")
        self.assertFalse(self._calls())

    def test_a_scheduled_action_that_slept_counts_from_the_day_itself(self):
        self._day("2026-04-30")
        self.assertEqual(self.arrangement.state, "broken")
        self.assertEqual(self.arrangement.line_ids[0].missed_date.isoformat(), "2026-04-02")

    # === UNDONE ===#
    def test_undoing_the_last_payment_opens_it_again_with_new_grace(self):
        arrangement = self.arrangement
        with self._frozen("2026-06-01"):
            self._pay(self.invoice, 300.0, "2026-06-01")
        self.assertEqual(arrangement.state, "fulfilled")
        with self._frozen("2026-06-10"):
            self._undo(self.invoice)
        self.assertEqual(arrangement.state, "active")
        self.assertEqual(arrangement.amount_paid, 0.0)
        self.assertEqual(self._reason(self.invoice, "2026-06-10"), "block")
        # The money is unallocated now, and so nothing is missed yet; then it is gone.
        self._day("2026-06-10")
        self.assertFalse(self._calls())
        self.env["account.payment"].search([("partner_id", "=", self.debtor.id)]).move_id.filtered(
            lambda move: move.state == "posted"
        ).button_draft()
        self._day("2026-06-11")
        self.assertTrue(self._calls())
        self._day("2026-06-16")
        self.assertEqual(arrangement.state, "active")
        self._day("2026-06-17")
        self.assertEqual(arrangement.state, "broken")

    def test_over_payment_shortens_and_undoing_it_gives_that_back(self):
        arrangement = self.arrangement
        with self._frozen("2026-03-10"):
            self._pay(self.invoice, 230.0, "2026-03-10")
            self.assertEqual(self._amounts(arrangement), [230.0, 70.0, 0.0])
            self.assertEqual(self._states(arrangement), ["paid", "planned", "lapsed"])
        self.assertEqual(arrangement.line_ids.mapped("amount_agreed"), [100.0] * 3)
        with self._frozen("2026-03-11"):
            self._undo(self.invoice)
        self.assertEqual(self._amounts(arrangement), [100.0, 100.0, 100.0])
        with self._frozen("2026-03-12"):
            self._pay(self.invoice, 50.0, "2026-03-12")
            self._pay(self.invoice, 50.0, "2026-03-12")
        self.assertEqual(self._amounts(arrangement), [100.0, 100.0, 100.0])
        self.assertEqual(self._paid(arrangement), [100.0, 0.0, 0.0])

    def test_an_over_payment_does_not_pay_the_installment_after_next(self):
        self.arrangement._with_gate_open().overpayment = "lower"
        with self._frozen("2026-03-10"):
            self._pay(self.invoice, 200.0, "2026-03-10")
        self.assertEqual(self._amounts(self.arrangement), [200.0, 50.0, 50.0])
        self._day("2026-05-04")
        with self._frozen("2026-05-04"):
            self.assertEqual(self._states(self.arrangement), ["paid", "missed", "planned"])
        self.assertEqual(self._calls().dunning_amount, 50.0)
        with self._frozen("2026-05-05"):
            self._pay(self.invoice, 50.0, "2026-05-05")
        self.assertEqual(self._amounts(self.arrangement), [200.0, 50.0, 50.0])

    def test_a_catch_up_payment_is_for_all_that_fell_due(self):
        with self._frozen("2026-05-02"):
            self._pay(self.invoice, 200.0, "2026-05-02")
        self.assertEqual(self._amounts(self.arrangement), [100.0, 100.0, 100.0])

    # === SCHEDULED ACTION ===#
    def test_one_that_fails_does_not_stop_the_others(self):
        other = self._new_invoice("2026-02-02", self._new_debtor("Debtor Two"), amount=300.0)
        with self._frozen("2026-03-02"):
            second = self._arrange(other)
        self.patch(
            type(self.arrangements),
            "_schedule_call",
            self._fail_for(self.arrangement),
        )
        with self.assertLogs("odoo.addons.account_credit_management", "ERROR"):
            self._day("2026-04-02")
        self.assertFalse(self._calls())
        self.assertTrue(self._calls(second.partner_id))
        self.assertFalse(self.arrangement.line_ids[0].missed_date)

    def _fail_for(self, poisoned):
        schedule = type(self.arrangements)._schedule_call

        def _schedule_call(arrangement, lines):
            if arrangement == poisoned:
                raise ValueError("poisoned")
            return schedule(arrangement, lines)

        return _schedule_call

    def test_each_company_is_reviewed_by_itself(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        invoice = self._new_invoice(
            "2026-02-02", self._new_debtor("Debtor Two"), amount=300.0, company_id=other.id
        )
        with self._frozen("2026-03-02"):
            second = self._arrange(invoice, self.env.ref("base.user_root"))
        self.assertEqual(second.company_id, other)
        self._day("2026-04-02")
        self.assertTrue(self._calls())
        self.assertFalse(self._calls(second.partner_id))
        with self._frozen("2026-04-02"):
            today = other._get_dunning_today()
            self.assertEqual(self.arrangements._get_due_ids(other, today), second.ids)

    def test_an_error_in_here_does_not_undo_a_payment(self):
        def _check_payments(_arrangements):
            raise ValueError("poisoned")

        self.patch(type(self.arrangements), "_check_payments", _check_payments)
        with (
            self._frozen("2026-04-01"),
            self.assertLogs("odoo.addons.account_credit_management", "ERROR"),
        ):
            self._pay(self.invoice, 300.0, "2026-04-01")
        self.assertTrue(self._items(self.invoice).reconciled)

    def test_the_scheduled_action_runs(self):
        cron = self.env.ref("account_credit_management.ir_cron_installment_arrangement")
        with self.enter_registry_test_mode(), self._frozen("2026-04-02"):
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self._calls())
