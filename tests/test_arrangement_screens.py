from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from .common import CreditManagementCommon

# A Monday; the company has no country, so that only weekends are closed.
DAY = date(2026, 3, 16)


class ArrangementScreensCommon(CreditManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = False
        cls.old = cls._new_invoice("2026-02-16", amount=100)
        cls.late = cls._new_invoice("2026-03-02", amount=200)
        cls.later = cls._new_invoice("2026-04-01", amount=400)

    def setUp(self):
        super().setUp()
        self.enterContext(self._frozen(DAY))

    def _open(self, records=None, user=None):
        """The dialog as it opens from a debtor, invoices or items."""
        records = (self.debtor if records is None else records).with_user(user or self.collector)
        action = records.action_propose_arrangement()
        self.assertEqual(action["res_model"], "arrangement.propose")
        return Form(
            self.env["arrangement.propose"]
            .with_user(user or self.collector)
            .with_context(**action["context"])
        )

    def _schedule(self, form):
        return [(line["date_due"], line["amount"]) for line in form.line_ids._records]

    def _ticked(self, form):
        return {
            self.env["account.move.line"].browse(item["move_line_id"]).move_id: item["amount"]
            for item in form.item_ids._records
            if item["selected"]
        }

    def _press(self, form, button):
        """Press a button of the dialog.

        :return: the arrangement that opens
        """
        action = getattr(form.save(), button)()
        self.assertEqual(action["res_model"], "installment.arrangement")
        return self.env["installment.arrangement"].browse(action["res_id"])

    def _new_arrangement(self, debtor=None, state="active", invoices=None, **values):
        form = self._open(invoices if invoices is not None else debtor)
        for name, value in values.items():
            form[name] = value
        arrangement = self._press(form, "action_save" if state == "draft" else "action_offer")
        if state == "active":
            arrangement.action_activate()
        return arrangement


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
class TestArrangementLists(ArrangementScreensCommon):
    """Installments due, and where else an arrangement shows."""

    def _due(self, arrangement):
        self.env.flush_all()
        return self.env["installment.due"].search([("arrangement_id", "=", arrangement.id)])

    def _assert_same(self, arrangement):
        """The report says what the installments say themselves."""
        self.env.invalidate_all()
        rows = self._due(arrangement)
        self.assertEqual(rows.ids, arrangement.line_ids.ids)
        for row, line in zip(rows, arrangement.line_ids, strict=True):
            self.assertAlmostEqual(row.amount, line.amount)
            self.assertAlmostEqual(row.amount_paid, line.amount_paid)
            self.assertAlmostEqual(row.amount_left, line.amount_left)
            self.assertEqual(row.state, line.state)
        return rows

    def test_report_equals_the_installments(self):
        arrangement = self._new_arrangement(amount_costs=30, count=4)
        self._assert_same(arrangement)
        self._pay(self.old, 50, DAY)
        rows = self._assert_same(arrangement)
        self.assertEqual(rows.mapped("amount_paid"), [50, 0, 0, 0])
        self._pay(self.late, 120, DAY)
        self._assert_same(arrangement)
        with self._frozen("2026-03-23"):
            self._assert_same(arrangement)
        with self._frozen("2026-05-01"):
            rows = self._assert_same(arrangement)
            missed = rows.filtered(lambda row: row.state == "missed")
            self.assertTrue(missed)
            self.assertEqual(missed[0].days_late, (date(2026, 5, 1) - missed[0].date_due).days)
            self.assertTrue(arrangement.has_missed)
            found = arrangement.search([("has_missed", "=", True)])
            self.assertIn(arrangement, found)
            self.assertNotIn(arrangement, arrangement.search([("has_missed", "=", False)]))
        for move in (self.old, self.late, arrangement.charge_move_id):
            self._pay(move, move.amount_residual, DAY)
        rows = self._assert_same(arrangement)
        self.assertEqual(set(rows.mapped("state")) - {"lapsed"}, {"paid"})
        self.assertEqual(rows.mapped("days_late"), [0] * len(rows))

    def test_report_is_in_the_currency_of_the_company_too(self):
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        debtor = self._new_debtor("Foreign")
        invoice = self._new_invoice("2026-03-02", debtor, 90, currency_id=currency.id)
        arrangement = self._new_arrangement(debtor)
        self._pay(invoice, 40, DAY)
        rows = self._assert_same(arrangement)
        self.assertEqual(sum(rows.mapped("amount")), 90)
        self.assertEqual(sum(rows.mapped("planned")), 180)
        self.assertEqual(sum(rows.mapped("received")), 80)

    def test_chart_compares_planned_and_received(self):
        arrangement = self._new_arrangement()
        self._pay(self.old, 70, DAY)
        self.env.flush_all()
        flow = self.env["installment.flow"].with_user(self.collector)
        figures = flow._read_group(
            [("arrangement_id", "=", arrangement.id)],
            ["date_due:month", "kind"],
            ["amount:sum"],
        )
        self.assertEqual(
            figures,
            [
                (date(2026, 3, 1), "planned", 100),
                (date(2026, 3, 1), "received", 70),
                (date(2026, 4, 1), "planned", 100),
                (date(2026, 4, 1), "received", 0),
                (date(2026, 5, 1), "planned", 100),
                (date(2026, 5, 1), "received", 0),
            ],
        )
        other = self.setup_other_company()["company"]
        self.collector.company_ids |= other
        self.assertFalse(
            flow.with_context(allowed_company_ids=other.ids).search(
                [("arrangement_id", "=", arrangement.id)]
            )
        )

    def test_report_is_of_ones_own_companies(self):
        arrangement = self._new_arrangement()
        other = self.setup_other_company()["company"]
        self.collector.company_ids |= other
        rows = self.env["installment.due"].with_user(self.collector)
        domain = [("arrangement_id", "=", arrangement.id)]
        self.assertTrue(rows.search(domain))
        self.assertFalse(rows.with_context(allowed_company_ids=other.ids).search(domain))
        self.assertTrue(rows.with_user(self.salesman).search(domain))
        portal = self._new_user("portal", "base.group_portal")
        with self.assertRaises(AccessError):
            rows.with_user(portal).search(domain)

    def test_debtor_and_invoices_show_it(self):
        arrangement = self._new_arrangement()
        for user in (self.collector, self.salesman):
            self.assertEqual(self.debtor.with_user(user).arrangement_ids, arrangement)
            self.assertEqual(self.debtor.with_user(user).arrangement_count, 1)
        moves = self.env["account.move"].with_user(self.collector)
        self.assertEqual(self.old.with_user(self.collector).arrangement_ids, arrangement)
        self.assertFalse(self.later.with_user(self.collector).arrangement_ids)
        mine = [("commercial_partner_id", "=", self.debtor.id)]
        found = moves.search([("arrangement_ids", "in", arrangement.ids), *mine])
        self.assertEqual(found, self.old | self.late)
        found = moves.search([("arrangement_ids.state", "=", "active"), *mine])
        self.assertEqual(found, self.old | self.late)
        found = moves.search([("arrangement_ids", "=", False), *mine])
        self.assertEqual(found, self.later)
        action = self.old.with_user(self.collector).action_open_arrangements()
        self.assertEqual(action["res_id"], arrangement.id)

    def test_invoice_tells_the_next_installment(self):
        arrangement = self._new_arrangement(state="offered")
        self.assertIn(arrangement.name, self.old.dunning_explanation)
        self.assertIn("offered", self.old.dunning_explanation)
        arrangement.action_activate()
        self.env.invalidate_all()
        self.assertIn(arrangement.name, self.old.dunning_explanation)
        self.assertIn("03/23/2026", self.old.dunning_explanation)
        self.assertNotIn(arrangement.name, self.later.dunning_explanation)
        with self._frozen("2026-03-24"):
            self.env.invalidate_all()
            self.assertIn("missed", self.old.dunning_explanation)
        item = self.env["dunning.item"].browse(self._items(self.old).id)
        self.assertEqual(item.arrangement_id, arrangement)
        self.assertIn(arrangement.name, item.explanation)

    def test_queries_of_the_lists_do_not_grow(self):
        spec = {
            "installment.arrangement": (
                "name",
                "amount_total",
                "amount_paid",
                "amount_left",
                "progress",
                "next_date",
                "date_end",
                "has_missed",
                "state",
            ),
            "installment.due": ("date_due", "amount", "amount_paid", "state", "partner_id"),
            "dunning.item": ("move_name", "explanation", "arrangement_id"),
        }
        debtors = self.env["res.partner"]
        for number in range(12):
            debtor = self._new_debtor(f"Arranged {number}")
            self._new_invoice("2026-03-02", debtor, 90)
            self._new_arrangement(debtor)
            debtors |= debtor

        def count(model, partners):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env[model].with_user(self.collector).web_search_read(
                [("partner_id", "in", partners.ids)], dict.fromkeys(spec[model], {})
            )
            return self.env.cr.sql_log_count - before

        for model in spec:
            count(model, debtors[:1])  # fills the caches of the registry
            self.assertEqual(count(model, debtors), count(model, debtors[:2]), model)

    # === DIALOGS ===#
    def _dialog(self, action, user=None):
        return Form(
            self.env[action["res_model"]]
            .with_user(user or self.collector)
            .with_context(**action["context"])
        )

    def test_settle_early(self):
        arrangement = self._new_arrangement(amount_interest=30)
        form = self._dialog(arrangement.action_open_settle())
        self.assertEqual(form.date, date(2026, 3, 23), "a week from now")
        self.assertEqual((form.amount_waived, form.amount), (20, 310))
        form.date = date(2026, 6, 1)
        self.assertEqual((form.amount_waived, form.amount), (0, 330))
        form.date = DAY
        self.assertEqual((form.amount_waived, form.amount), (30, 300))
        form.save().action_settle()
        self.assertEqual(arrangement.settle_date, DAY)
        self.assertEqual(arrangement.amount_due_now, 300)

    def test_postpone_one_installment(self):
        arrangement = self._new_arrangement()
        form = self._dialog(arrangement.action_open_postpone())
        self.assertEqual(form.date, date(2026, 3, 30), "a week later")
        form.reason = "Wages are late"
        form.save().action_postpone()
        self.assertEqual(
            arrangement.line_ids.mapped("date_due"),
            [date(2026, 3, 30), date(2026, 4, 23), date(2026, 5, 25)],
        )

    def test_cancel_with_a_reason(self):
        arrangement = self._new_arrangement()
        form = self._dialog(arrangement.action_open_cancel())
        form.reason = "Paid by his bank"
        form.save().action_cancel_arrangement()
        self.assertEqual(arrangement.state, "cancelled")
        self.assertEqual(arrangement.closed_reason, "Paid by his bank")

    def test_break_now_and_go_on_at_a_level(self):
        arrangement = self._new_arrangement()
        form = self._dialog(arrangement.action_open_break())
        self.assertEqual(form.level_ids[:], self.policy.level_ids)
        form.level_id = self.levels["final"]
        form.save().action_break()
        self.assertEqual(arrangement.state, "broken")
        decision = self._decision(self.old, DAY)
        self.assertEqual(decision.level_id, self.levels["final"].id)

    def test_renegotiate(self):
        arrangement = self._new_arrangement()
        self._pay(self.old, 100, DAY)
        form = self._dialog(arrangement.action_open_renegotiate())
        self.assertEqual(form.previous_id, arrangement)
        self.assertEqual(self._ticked(form), {self.late: 200})
        form.count = 5
        renewed = self._press(form, "action_offer")
        self.assertEqual(arrangement.state, "active", "until the new one is agreed on")
        self.assertEqual(renewed.previous_id, arrangement)
        renewed.action_activate()
        self.assertEqual(arrangement.state, "cancelled")
        self.assertEqual(renewed.version_count, 2)
        self.assertEqual(arrangement._get_versions(), arrangement | renewed)

    def test_salespeople_look_only(self):
        arrangement = self._new_arrangement().with_user(self.salesman)
        self.assertEqual(arrangement.amount_total, 300)
        self.assertEqual(len(arrangement.line_ids), 3)
        with self.assertRaises(AccessError):
            arrangement.user_id = self.salesman


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
