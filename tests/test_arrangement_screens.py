from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from .arrangement_screens_common import DAY, ArrangementScreensCommon
from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestArrangementPropose(ArrangementScreensCommon):
    """The dialog in which installments are worked out."""

    # === DEFAULTS ===#
    def test_opens_with_what_is_overdue_in_three_months(self):
        form = self._open()
        self.assertEqual(self._ticked(form), {self.old: 100, self.late: 200})
        self.assertEqual(len(form.item_ids), 3, "what is not due can be ticked as well")
        self.assertEqual(form.amount_total, 300)
        self.assertEqual(
            self._schedule(form),
            [(date(2026, 3, 23), 100), (date(2026, 4, 23), 100), (date(2026, 5, 25), 100)],
            "23 May is a Saturday",
        )
        self.assertEqual(form.date_end, date(2026, 5, 25))
        self.assertFalse(form.problem)
        self.assertFalse(form.needs_approval)

    def test_opens_with_everything_where_nothing_is_overdue(self):
        debtor = self._new_debtor("Debtor Two")
        one = self._new_invoice("2026-04-01", debtor, 50)
        other = self._new_invoice("2026-05-01", debtor, 70)
        self.assertEqual(self._ticked(self._open(debtor)), {one: 50, other: 70})

    def test_opens_from_invoices_and_items_with_these(self):
        self.assertEqual(self._ticked(self._open(self.later)), {self.later: 400})
        both = self.old | self.later
        self.assertEqual(self._ticked(self._open(both)), {self.old: 100, self.later: 400})
        item = self.env["dunning.item"].browse(self._items(self.late).id)
        self.assertEqual(self._ticked(self._open(item)), {self.late: 200})

    def test_disputed_items_are_left_out(self):
        blocks = self.env["dunning.block"]
        for invoice, amount in ((self.old, 0), (self.late, 50)):
            blocks.create(
                {
                    "kind": "dispute",
                    "move_line_id": self._items(invoice).id,
                    "date_from": DAY,
                    "amount": amount,
                    "reason": "Damaged",
                }
            )
        self.assertEqual(self._ticked(self._open()), {self.late: 150})
        # Unless somebody asks for them.
        self.assertEqual(self._ticked(self._open(self.old)), {self.old: 100})

    def test_refuses_what_cannot_be_arranged(self):
        other = self._new_debtor("Debtor Two")
        with self.assertRaises(UserError):
            other.with_user(self.collector).action_propose_arrangement()
        of_other = self._new_invoice("2026-03-02", other)
        with self.assertRaises(UserError):
            (self.old | of_other).with_user(self.collector).action_propose_arrangement()
        self._pay(self.old, 100, DAY)
        with self.assertRaises(UserError):
            self.old.with_user(self.collector).action_propose_arrangement()

    def test_what_is_arranged_is_not_proposed_again(self):
        self._new_arrangement(state="offered")
        self.assertEqual(self._ticked(self._open()), {self.later: 400})
        with self.assertRaises(UserError):
            self._open(self.old)

    def test_tells_what_is_not_allocated(self):
        self.assertEqual(self._open().unallocated, 0)
        self._receive(80, DAY)
        self._receive(40, DAY, self._new_debtor("Debtor Two"))
        self.assertEqual(self._open().unallocated, 80)

    # === PLANS ===#
    def test_schedule_follows_what_is_typed(self):
        form = self._open()
        form.count = 4
        form.interval = "two_weeks"
        form.first_amount = 120
        self.assertEqual(
            self._schedule(form),
            [
                (date(2026, 3, 23), 120),
                (date(2026, 4, 6), 60),
                (date(2026, 4, 20), 60),
                (date(2026, 5, 4), 60),
            ],
        )
        form.interval = "week"
        form.first_amount = 0
        form.amount_costs = 40
        form.amount_interest = 10
        self.assertEqual(form.amount_total, 350)
        self.assertEqual([amount for _day, amount in self._schedule(form)], [87.5] * 4)
        self.assertEqual(form.date_end, date(2026, 4, 13))
        form.divide_by = "amount"
        form.amount = 150
        self.assertEqual([amount for _day, amount in self._schedule(form)], [150, 150, 50])

    def test_schedule_follows_the_items(self):
        form = self._open()
        with form.item_ids.edit(0) as item:
            item.selected = False
        self.assertEqual(form.amount_total, 200)
        with form.item_ids.edit(2) as item:
            item.amount = 100
        self.assertEqual(form.amount_total, 300)
        self.assertEqual(self._ticked(form), {self.late: 200, self.later: 100})

    def test_sum_is_exact(self):
        self._new_invoice("2026-03-02", self._new_debtor("Thirds"), 100)
        form = self._open(self.env["res.partner"].search([("name", "=", "Thirds")]))
        self.assertEqual([amount for _day, amount in self._schedule(form)], [33.33, 33.33, 33.34])
        arrangement = self._press(form, "action_save")
        self.assertEqual(arrangement.line_ids.mapped("amount"), [33.33, 33.33, 33.34])

    def test_days_and_amounts_of_ones_own(self):
        form = self._open()
        form.interval = "custom"
        self.assertEqual(len(form.line_ids), 3, "begins with what was planned")
        with form.line_ids.edit(0) as line:
            line.amount = 50
        self.assertIn("50", form.problem)
        with self.assertRaises(UserError):
            form.save().action_offer()
        form = self._open()
        form.interval = "custom"
        form.line_ids.remove(2)
        with form.line_ids.edit(1) as line:
            line.amount = 60
            line.date_due = date(2026, 7, 1)
        with form.line_ids.new() as line:
            line.date_due = date(2026, 8, 3)
            line.amount = 140
        self.assertFalse(form.problem)
        self.assertEqual(form.date_end, date(2026, 8, 3))
        arrangement = self._press(form, "action_save")
        self.assertEqual(
            [(line.date_due, line.amount) for line in arrangement.line_ids],
            [(date(2026, 3, 23), 100), (date(2026, 7, 1), 60), (date(2026, 8, 3), 140)],
        )

    def test_a_sentence_tells_what_is_wrong(self):
        for name, value in (
            ("count", 0),
            ("count", 100000),
            ("first_due", DAY - timedelta(days=1)),
            ("first_amount", 300.01),
            ("amount_costs", -1),
        ):
            with self.subTest(name=name, value=value):
                form = self._open()
                form[name] = value
                self.assertTrue(form.problem)
                with self.assertRaises(UserError):
                    form.save().action_offer()
        form = self._open()
        with form.item_ids.edit(0) as item:
            item.amount = 100.01
        self.assertIn(self.old.name, form.problem)
        form = self._open()
        form.divide_by = "amount"
        self.assertEqual(form.amount, 100, "about what it was")
        self.assertFalse(form.problem)
        form.amount = 0
        self.assertTrue(form.problem)
        form.amount = 0.01
        self.assertIn("520", form.problem)
        self.assertFalse(
            self.env["installment.arrangement"].search([("partner_id", "=", self.debtor.id)])
        )

    # === CURRENCIES ===#
    def test_several_currencies_have_to_be_chosen_from(self):
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        foreign = self._new_invoice("2026-03-02", amount=90, currency_id=currency.id)
        form = self._open()
        self.assertFalse(form.currency_id)
        self.assertTrue(form.problem)
        self.assertFalse(form.item_ids)
        form.currency_id = currency
        self.assertEqual(self._ticked(form), {foreign: 90})
        self.assertEqual(form.amount_total, 90)
        arrangement = self._press(form, "action_offer")
        self.assertEqual(arrangement.currency_id, currency)
        self.assertEqual(arrangement.amount_total, 90)
        # An invoice that was asked for says it by itself.
        form = self._open(self.old)
        self.assertEqual(form.currency_id, self.company.currency_id)
        self.assertNotIn(foreign, self._ticked(form))

    # === RULES AND RIGHTS ===#
    def test_rules_ask_for_a_manager(self):
        self.company.arrangement_max_months = 6
        form = self._open()
        form.count = 12
        self.assertTrue(form.needs_approval)
        self.assertTrue(form.warnings)
        form.count = 3
        self.assertFalse(form.needs_approval)
        form.count = 12
        wizard = form.save()
        with self.assertRaises(AccessError):
            wizard.action_offer()
        arrangement = self._press(form, "action_ask_approval")
        self.assertEqual(arrangement.state, "draft")
        self.assertTrue(arrangement.activity_ids)
        to_approve = self.env["installment.arrangement"].search([("to_approve", "=", True)])
        self.assertIn(arrangement, to_approve)
        arrangement.with_user(self.manager).action_approve()
        self.assertFalse(arrangement.needs_approval)
        self.assertNotIn(arrangement, to_approve.search([("to_approve", "=", True)]))
        arrangement.with_user(self.collector).action_offer()
        self.assertEqual(arrangement.state, "offered")

    def test_manager_offers_outside_the_rules_in_one_click(self):
        self.company.arrangement_max_months = 1
        form = self._open(user=self.manager)
        self.assertTrue(form.needs_approval)
        arrangement = self._press(form, "action_offer")
        self.assertEqual(arrangement.state, "offered")
        self.assertEqual(arrangement.approved_by_id, self.manager)

    def test_only_collectors_propose(self):
        with self.assertRaises(AccessError):
            self._open(user=self.salesman)
        item = self.env["arrangement.propose"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            item.create({"partner_id": self.debtor.id, "company_id": self.company.id})

    # === CALLS ===#
    def _log_call(self, user, outcome="cannot_pay"):
        action = (
            self.env["dunning.log.contact"].with_user(user)._get_open_action(partner=self.debtor)
        )
        form = Form(
            self.env["dunning.log.contact"].with_user(user).with_context(**action["context"])
        )
        return form.save().with_context(dunning_outcome=outcome).action_log()

    def test_a_debtor_who_cannot_pay_is_offered_installments(self):
        action = self._log_call(self.collector)
        self.assertEqual(action["res_model"], "arrangement.propose")
        form = Form(
            self.env["arrangement.propose"]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        self.assertEqual(self._ticked(form), {self.old: 100, self.late: 200})
        arrangement = self._press(form, "action_offer")
        self.assertEqual(arrangement.origin, "contact")
        self.assertFalse(
            self.debtor.activity_ids.filtered("dunning_task"), "the job to agree on it is done"
        )
        self.assertIn(arrangement.name, self.old.dunning_explanation)
        self.assertEqual(
            self._log_call(self.collector, "other")["type"], "ir.actions.act_window_close"
        )

    def test_after_the_offer_comes_the_next_call_of_the_list(self):
        other = self._new_debtor("Debtor Two")
        self._new_invoice("2026-03-02", other, 50)
        calls = self.env["mail.activity"]
        for debtor in (self.debtor, other):
            calls |= debtor._schedule_dunning_activity(
                self.company,
                "mail.mail_activity_data_call",
                "Call",
                user=self.collector,
                dunning_channel="call",
            )
        logs = self.env["dunning.log.contact"].with_user(self.collector)
        action = logs.with_context(dunning_call_list=True)._get_open_action(activity=calls[0])
        form = Form(logs.with_context(**action["context"]))
        action = (
            form.save()
            .with_context(dunning_outcome="cannot_pay", dunning_call_list=True)
            .action_log()
        )
        self.assertEqual(action["res_model"], "arrangement.propose")
        form = Form(
            self.env["arrangement.propose"]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        action = form.save().action_offer()
        self.assertEqual(action["res_model"], "dunning.log.contact")
        self.assertEqual(action["context"]["default_activity_id"], calls[1].id)

    def test_a_salesperson_only_logs_it(self):
        self.debtor.user_id = self.salesman
        self.assertEqual(self._log_call(self.salesman)["type"], "ir.actions.act_window_close")


@tagged("post_install", "-at_install")
class TestArrangementTour(HttpCase, CreditManagementCommon):
    """A collector agrees on installments with a debtor, in a browser."""

    def test_tour(self):
        today = self.company._get_dunning_today()
        self.collector.password = "acm_collector"
        self._new_invoice(today - timedelta(days=40), amount=300)
        self._new_invoice(today + timedelta(days=10), amount=500)
        self.start_tour(
            f"/odoo/res.partner/{self.debtor.id}?cids={self.company.id}",
            "arrangement",
            login="acm_collector",
        )
        arrangement = self.debtor.with_user(self.collector).arrangement_ids
        self.assertEqual(arrangement.state, "active")
        self.assertEqual(arrangement.amount_total, 300)
        self.assertEqual(len(arrangement.line_ids), 4)
