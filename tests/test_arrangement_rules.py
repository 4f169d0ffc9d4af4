from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .arrangement_common import ArrangementCommon


@tagged("post_install", "-at_install")
class TestArrangementRules(ArrangementCommon):
    """Who may grant what, and what nobody can do behind the back of the buttons."""

    def setUp(self):
        super().setUp()
        self.company.write(
            {
                "arrangement_max_months": 6,
                "arrangement_min_first": 10,
                "arrangement_min_amount": 20,
                "arrangement_max_collector": 1000,
            }
        )
        self.invoice = self._new_invoice("2026-02-02", amount=300.0)
        self.enterContext(self._frozen("2026-03-02"))

    def _draft(self, user=None, invoice=None, **values):
        return self._arrange(
            invoice or self.invoice, user or self.collector, state="draft", **values
        ).with_user(user or self.collector)

    def assertBroken(self, arrangement, text):
        """That one rule is broken, and that a collector cannot grant it while a manager can."""
        [reason] = arrangement._check_rules()
        self.assertIn(text, reason.replace("\xa0", " "))
        self.assertTrue(arrangement.needs_approval)
        for action in ("action_offer", "action_activate", "action_approve"):
            with self.assertRaises(AccessError):
                getattr(arrangement, action)()
            with self.assertRaises(AccessError):
                getattr(arrangement.sudo(), action)()
        self.assertEqual(arrangement.state, "draft")
        arrangement.with_user(self.manager).action_approve()
        self.assertEqual(arrangement.approved_by_id, self.manager)
        self.assertFalse(arrangement.needs_approval)
        arrangement.action_offer()
        self.assertEqual(arrangement.state, "offered")

    # === RULES ===#
    def test_within_the_rules_a_collector_grants_it_alone(self):
        arrangement = self._draft()
        self.assertFalse(arrangement.needs_approval)
        self.assertFalse(arrangement.rule_text)
        arrangement.action_offer()
        arrangement.action_activate()
        self.assertEqual(arrangement.state, "active")
        self.assertFalse(arrangement.approved_by_id)

    def test_longer_than_allowed(self):
        self.assertBroken(
            self._draft(count=2, dates=self._dates("2026-04-01", "2026-09-03")), "6 months"
        )

    def test_the_last_day_may_move_over_a_weekend(self):
        # 2 September is a Wednesday; six months from 6 March ends on a Sunday before Labor Day.
        with self._frozen("2026-03-06"):
            self.assertFalse(
                self._draft(dates=self._dates("2026-04-01", "2026-09-08")).needs_approval
            )

    def test_a_date_in_the_future_does_not_stretch_the_rule(self):
        arrangement = self._draft(dates=self._dates("2026-04-01", "2026-09-03"), date="2026-12-31")
        self.assertTrue(arrangement.needs_approval)

    def test_too_little_at_first(self):
        self.assertBroken(self._draft(count=4, first_amount=29.99), "10% ($ 30.00)")

    def test_installments_too_small_but_for_the_rest(self):
        self.assertFalse(self._draft(amount=58.0).needs_approval)
        self.assertBroken(self._draft(first_amount=250.0, count=4), "20.00")

    def test_after_a_broken_one(self):
        self._draft(invoice=self._new_invoice("2026-02-02", amount=50.0), count=1)._offer()
        broken = self._draft(invoice=self._new_invoice("2026-02-02", amount=50.0), count=1)
        broken.action_activate()
        broken._break("Not paid.")
        self.assertBroken(self._draft(), "broken")

    def test_more_than_a_collector_may(self):
        invoice = self._new_invoice("2026-02-02", amount=1000.01)
        self.assertBroken(self._draft(invoice=invoice), "1,000.00")

    def test_it_cannot_be_split_into_small_ones(self):
        self._draft(invoice=self._new_invoice("2026-02-02", amount=800.0)).action_activate()
        self.assertBroken(self._draft(), "1,000.00")

    def test_another_currency_is_converted(self):
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        invoice = self._new_invoice("2026-02-02", amount=501.0, currency_id=currency.id)
        self.assertBroken(self._draft(invoice=invoice), "1,000.00")
        cheap = self._new_invoice(
            "2026-02-02", self._new_debtor("Debtor Two"), amount=36.0, currency_id=currency.id
        )
        self.assertFalse(self._draft(invoice=cheap).needs_approval)
        cheap = self._new_invoice(
            "2026-02-02", self._new_debtor("Debtor Three"), amount=29.0, currency_id=currency.id
        )
        self.assertTrue(self._draft(invoice=cheap).needs_approval)

    def test_changing_what_was_approved_needs_approval_again(self):
        arrangement = self._draft(first_amount=10.0, count=4)
        for change in (
            lambda: arrangement.write({"amount_costs": 1.0}),
            lambda: arrangement._get_ordered_lines()[0].write({"amount": 9.0}),
            lambda: arrangement.line_ids[-1].unlink(),
        ):
            arrangement.with_user(self.manager).action_approve()
            self.assertTrue(arrangement.approved_by_id)
            change()
            self.assertFalse(arrangement.approved_by_id)

    def test_postponing_out_of_the_rules_is_of_a_manager(self):
        arrangement = self._draft()
        arrangement.action_activate()
        line = arrangement._get_ordered_lines()[-1]
        day = fields.Date.to_date("2026-10-01")
        with self.assertRaises(AccessError):
            line._postpone(day)
        line.with_user(self.manager)._postpone(day)
        self.assertEqual(line.date_due, day)

    def test_a_manager_who_grants_it_himself_is_noted(self):
        arrangement = self._draft(self.manager, first_amount=10.0, count=4)
        arrangement.action_offer()
        self.assertEqual(arrangement.approved_by_id, self.manager)

    def test_debtors_grant_themselves_only_what_the_company_lets_them(self):
        portal = new_test_user(self.env, "acm_portal", groups="base.group_portal")
        draft = self._draft(origin="portal").with_user(portal).sudo()
        with self.assertRaises(AccessError):
            draft._offer()
        self.company.arrangement_portal = "auto"
        draft._offer()
        self.assertEqual(draft.state, "offered")
        small = self._draft(invoice=self._new_invoice("2026-02-02", amount=30.0), origin="portal")
        with self.assertRaises(AccessError):
            small.with_user(portal).sudo()._offer()
        by_hand = self._draft(invoice=self._new_invoice("2026-02-02", amount=300.0))
        with self.assertRaises(AccessError):
            by_hand.with_user(portal).sudo()._offer()

    # === ROLES ===#
    def test_salespeople_only_look(self):
        arrangement = self._draft()
        arrangement.action_offer()
        seen = arrangement.with_user(self.salesman)
        self.assertEqual((seen.amount_total, seen.amount_left), (300.0, 300.0))
        self.assertEqual(seen.line_ids.mapped("state"), ["planned"] * 3)
        for action in ("action_offer", "action_activate", "action_cancel", "action_settle"):
            with self.assertRaises(AccessError):
                getattr(seen, action)()
        with self.assertRaises(AccessError):
            seen.note = "Mine"
        with self.assertRaises(AccessError):
            seen.line_ids[0]._postpone(fields.Date.to_date("2026-06-15"))

    def test_companies_are_apart(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        user = new_test_user(
            self.env,
            "acm_elsewhere",
            groups="account_credit_management.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        arrangement = self._draft()
        with self.assertRaises(AccessError):
            arrangement.with_user(user).read(["name"])

    # === BEHIND THE BUTTONS ===#
    def test_states_and_signatures_are_not_written(self):
        arrangement = self._draft()
        for values in (
            {"state": "active"},
            {"approved_by_id": self.collector.id},
            {"signed_by": "Ann"},
            {"settle_waived": 100.0},
            {"name": "X"},
        ):
            for record in (arrangement, arrangement.sudo(), arrangement.with_user(self.manager)):
                with self.assertRaises(AccessError):
                    record.write(values)
        faked = arrangement.with_context(arrangement_gate=True)
        with self.assertRaises(AccessError):
            faked.write({"state": "active"})
        made = self.arrangements.with_user(self.collector).create(
            {
                "partner_id": self.debtor.id,
                "currency_id": self.company.currency_id.id,
                "state": "active",
                "approved_by_id": self.manager.id,
                "name": "X",
            }
        )
        self.assertEqual((made.state, made.approved_by_id.id), ("draft", False))
        self.assertTrue(made.name.startswith("ARR/2026/"))

    def test_what_was_offered_does_not_change(self):
        arrangement = self._draft()
        arrangement.action_offer()
        line = arrangement.line_ids[0]
        for change in (
            lambda: arrangement.write({"amount_costs": 1.0}),
            lambda: arrangement.write({"line_ids": [Command.delete(line.id)]}),
            lambda: line.write({"amount": 1.0}),
            lambda: line.unlink(),
            lambda: arrangement.item_ids.unlink(),
            lambda: arrangement.item_ids.write({"amount": 1.0}),
            lambda: (
                self.env["installment.arrangement.line"]
                .with_user(self.collector)
                .create({"arrangement_id": arrangement.id, "amount": 1.0, "date_due": "2026-07-01"})
            ),
            lambda: arrangement.unlink(),
        ):
            with self.assertRaises(UserError):
                change()
        # Who calls, and until when it holds, is nobody's plan.
        arrangement.user_id = self.manager
        arrangement.offer_valid_until = "2026-03-20"
        self.assertEqual(arrangement.sudo()._get_blocks().date_to.isoformat(), "2026-03-20")

    def test_an_offer_lasts_until_a_day_on_which_it_can_be_agreed_to(self):
        arrangement = self._draft()
        arrangement.action_offer()
        first, today = arrangement.line_ids[0].date_due, arrangement._get_today()
        blocks = arrangement.sudo()._get_blocks()
        before = arrangement.offer_valid_until
        for day in (
            fields.Date.subtract(today, days=1),
            fields.Date.add(first, days=1),
            False,
        ):
            with self.assertRaisesRegex(UserError, "from today to its first installment"):
                arrangement.offer_valid_until = day
            self.assertEqual(arrangement.offer_valid_until, before)
            self.assertEqual(blocks.date_to, before)
        for day in (today, first):
            arrangement.offer_valid_until = day
            self.assertEqual(blocks.date_to, day)

    def test_an_offer_that_is_over_holds_nothing_anew(self):
        other = self._new_invoice("2026-02-03", amount=200.0)
        arrangement = self._draft(invoice=self.invoice | other)
        arrangement.action_offer()
        self._pay(other, 200.0, "2026-03-02")
        self.assertEqual(arrangement.sudo()._get_blocks().move_id, self.invoice)
        with self._frozen(fields.Date.add(arrangement.offer_valid_until, days=1)):
            self._undo(other)
            self.assertEqual(arrangement.state, "offered")
            self.assertFalse(arrangement.sudo()._get_blocks())
            self.assertEqual(other.amount_residual, 200.0)

    def test_the_start_of_an_item_is_not_made_up(self):
        arrangement = self._draft()
        item = arrangement.item_ids
        item.write({"residual_start": 900.0, "is_charge": True, "amount": 200.0})
        self.assertEqual((item.residual_start, item.is_charge, item.amount), (300.0, False, 200.0))
        with self.assertRaises(UserError):
            item.amount = 300.01

    def test_only_drafts_that_were_never_offered_are_deleted(self):
        self._draft().unlink()
        arrangement = self._draft()
        arrangement.action_offer()
        arrangement.action_draft()
        with self.assertRaises(UserError):
            arrangement.unlink()
        with self.assertRaises(UserError):
            self.arrangements.browse(arrangement.id).sudo().unlink()

    # === PLANS THAT CANNOT BE ===#
    def test_a_plan_adds_up_and_begins_today_or_later(self):
        arrangement = self._draft()
        arrangement.line_ids[0].amount = 99.0
        with self.assertRaises(UserError):
            arrangement.action_offer()
        arrangement.line_ids[0].amount = 100.0
        arrangement.line_ids[0].date_due = "2026-03-01"
        with self.assertRaises(UserError):
            arrangement.action_offer()
        arrangement.line_ids = [Command.clear()]
        with self.assertRaises(UserError):
            arrangement.action_offer()

    def test_an_item_is_in_one_arrangement(self):
        first, second = self._draft(), self._draft()
        first.action_offer()
        for action in ("action_offer", "action_activate"):
            with self.assertRaises(UserError):
                getattr(second, action)()
        first.action_cancel("Another one")
        second.action_offer()
        self.assertEqual(second.state, "offered")

    def test_what_was_paid_meanwhile_is_not_offered(self):
        arrangement = self._draft()
        self._pay(self.invoice, 50.0, "2026-03-02")
        with self.assertRaises(UserError):
            arrangement.action_offer()

    def test_acting_twice_is_harmless(self):
        arrangement = self._draft()
        arrangement.action_offer()
        arrangement.action_offer()
        arrangement.action_activate()
        arrangement.action_activate()
        self.assertEqual(len(arrangement.sudo()._get_blocks()), 1)
        arrangement.action_cancel("Over")
        arrangement.action_cancel("Over again")
        self.assertEqual(arrangement.closed_reason, "Over")

    def test_contacts_make_arrangements_of_their_company(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.debtor.id})
        arrangement = self.arrangements.create(
            {"partner_id": contact.id, "currency_id": self.company.currency_id.id}
        )
        self.assertEqual(arrangement.partner_id, self.debtor)

    def _dates(self, *days):
        return [fields.Date.to_date(day) for day in days]
