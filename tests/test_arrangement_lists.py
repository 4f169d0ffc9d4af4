from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..models.installment_arrangement_line import LINE_STATES
from .arrangement_screens_common import DAY, ArrangementScreensCommon


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

    def test_report_agrees_in_every_state_over_a_weekend_and_a_holiday(self):
        self.company.country_id = self.env.ref("base.us")  # closed on Friday 3 July 2026
        invoices = {
            name: self._new_invoice("2026-02-16", self._new_debtor(name), 300)
            for name in ("draft", "offered", "kept", "partly", "grown", "broken", "cancelled")
        }
        plans = {}
        for name, invoice in invoices.items():
            plans[name] = (
                self.env["installment.arrangement"]
                .with_user(self.manager)
                .create(
                    {
                        "partner_id": invoice.partner_id.id,
                        "company_id": self.company.id,
                        "currency_id": invoice.currency_id.id,
                        "item_ids": [Command.create({"move_line_id": self._items(invoice).id})],
                        "overpayment": "shorten",
                    }
                )
            )
            plans[name]._plan(
                dates=[date(2026, 7, 2), date(2026, 7, 10), date(2026, 7, 13)], count=3
            )
            if name == "offered":
                plans[name].action_offer()
            elif name != "draft":
                plans[name].action_activate()
        self._pay(invoices["offered"], 40, DAY)
        self._pay(invoices["partly"], 140, DAY)
        self._pay(invoices["grown"], 250, DAY)
        for name in ("broken", "cancelled"):
            self._pay(invoices[name], 100, DAY)
        plans["broken"]._break("Missed")
        plans["cancelled"].action_cancel("Over")

        days = [f"2026-07-{day:02}" for day in (1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14)]
        seen = {}
        for day in days:
            with self._frozen(day):
                for name, plan in plans.items():
                    states = self._assert_same(plan).mapped("state")
                    seen[name, day] = states
        for plan_states in seen.values():
            self.assertEqual(len(plan_states), 3)
        # Due on Thursday: the holiday and the weekend are no days on which it is missed.
        for day in days[1:5]:
            self.assertEqual(seen["kept", day], ["due", "planned", "planned"], day)
        self.assertEqual(seen["kept", "2026-07-06"], ["missed", "planned", "planned"])
        # Due on Friday, not missed before Monday, when the next one is due.
        for day in ("2026-07-10", "2026-07-11", "2026-07-12"):
            self.assertEqual(seen["kept", day], ["missed", "due", "planned"], day)
        self.assertEqual(seen["kept", "2026-07-13"], ["missed", "missed", "due"])
        self.assertEqual(seen["kept", "2026-07-14"], ["missed"] * 3)
        self.assertEqual(seen["draft", "2026-07-14"], ["planned"] * 3)
        self.assertEqual(seen["offered", "2026-07-14"], ["partly", "planned", "planned"])
        self.assertIn("lapsed", seen["grown", "2026-07-14"])
        self.assertIn("paid", seen["grown", "2026-07-14"])
        for name in ("broken", "cancelled"):
            self.assertEqual(seen[name, "2026-07-14"], ["paid", "ended", "ended"])

        self._pay(invoices["kept"], 300, DAY)
        self.assertEqual(plans["kept"].state, "fulfilled")
        for day in days:
            with self._frozen(day):
                self.assertEqual(
                    set(self._assert_same(plans["kept"]).mapped("state")) - {"lapsed"}, {"paid"}
                )
        states = {state for group in seen.values() for state in group}
        self.assertEqual(states, set(dict(LINE_STATES)))

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
        arrangement._with_gate_open().write({"note": "By bank", "grace_days": 9})
        form = self._dialog(arrangement.action_open_renegotiate())
        self.assertEqual(form.note, "By bank")
        self.assertEqual(form.previous_id, arrangement)
        self.assertEqual(self._ticked(form), {self.late: 200})
        form.count = 5
        renewed = self._press(form, "action_offer")
        self.assertEqual(arrangement.state, "active", "until the new one is agreed on")
        self.assertEqual(renewed.previous_id, arrangement)
        self.assertEqual(renewed.grace_days, 9)
        renewed.action_activate()
        self.assertEqual(arrangement.state, "cancelled")
        self.assertEqual(renewed.version_count, 2)
        self.assertEqual(arrangement._get_versions(), arrangement | renewed)

    def test_salespeople_look_only(self):
        arrangement = self._new_arrangement().with_user(self.salesman)
        self.assertEqual(arrangement.amount_total, 300)
        self.assertEqual(len(arrangement.line_ids), 3)
        with Form(arrangement) as form:
            self.assertEqual(form.amount_left, 300)
        with self.assertRaises(AccessError):
            arrangement.user_id = self.salesman
