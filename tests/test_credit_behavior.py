from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.account_credit_management.models.credit_behavior import WORSENED_TASK

from .common import CreditManagementCommon

DAY = "2026-06-01"
CLASS = "account_credit_management.credit_risk_class_"


class CreditBehaviorCommon(CreditManagementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("long_overdue", "bad", "elevated", "normal", "good", "unknown")
        cls.classes = {name: cls.env.ref(f"{CLASS}{name}") for name in names}
        cls.day = fields.Date.to_date(DAY)

    def _paid(self, days, amount=1000.0, invoiced="2026-03-01", partner=None, **values):
        """An invoice that is due in thirty days and was paid in full so many days after its
        date."""
        day = fields.Date.to_date(invoiced)
        invoice = self._new_invoice(day + timedelta(days=30), partner, amount, **values)
        self._pay(invoice, amount, day + timedelta(days=days))
        return invoice

    def _behavior(self, partner=None, day=DAY, company=None):
        partner = partner or self.debtor
        behaviors = self.env["credit.behavior"]._get_behavior(
            company or self.company, partner, fields.Date.to_date(day)
        )
        return behaviors[partner.id]

    def _update(self, day=DAY, company=None):
        return self.env["credit.behavior"]._update_behavior(
            company or self.company, fields.Date.to_date(day)
        )

    def _row(self, partner=None, company=None):
        return self.env["credit.behavior"].search(
            [
                ("partner_id", "=", (partner or self.debtor).id),
                ("company_id", "=", (company or self.company).id),
            ]
        )

    def _class(self, partner=None, day=DAY):
        """The technical name of the class a debtor is in."""
        class_id = self._behavior(partner, day).risk_class_id
        return next((name for name, one in self.classes.items() if one.id == class_id), None)


@tagged("post_install", "-at_install")
class TestCreditBehavior(CreditBehaviorCommon):
    """Figures of how debtors pay: one case at a time."""

    # === WHAT COUNTS ===#
    def test_days_are_weighted_by_amount(self):
        self._paid(20, 1000)
        self._paid(45, 5000)
        self._paid(60, 4000)
        behavior = self._behavior()
        self.assertEqual(behavior.days_to_pay, 48.5)
        self.assertEqual(behavior.days_late, 18.5)
        self.assertEqual(behavior.late_share, 90)
        self.assertEqual(behavior.paid_count, 3)

    def test_parts_count_on_the_day_that_they_were_paid(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        self._pay(invoice, 250, "2026-03-11")
        self._pay(invoice, 750, "2026-04-10")
        behavior = self._behavior()
        self.assertEqual(behavior.days_late, (250 * -20 + 750 * 10) / 1000)
        self.assertEqual(behavior.late_share, 75)

    def test_every_due_date_is_its_own(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half after 10 days, half after 60",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (10, 60)
                ],
            }
        )
        invoice = self._new_invoice(
            "2026-03-31", amount=1000, invoice_payment_term_id=terms.id, invoice_date_due=False
        )
        self._pay(invoice, 1000, "2026-03-31")
        self.assertEqual(self._behavior().days_late, (20 - 30) / 2)
        self.assertEqual(self._behavior().late_share, 50)

    def test_without_payments_behavior_is_unknown(self):
        behavior = self._behavior()
        self.assertEqual(behavior[1:5], (None, None, None, None))
        self.assertEqual(behavior.paid_count, 0)
        self.assertIsNone(behavior.trend)
        self.assertEqual(self._class(), "unknown")

    def test_few_payments_are_never_good(self):
        self._paid(10)
        self._paid(10)
        self.assertEqual(self._class(), "unknown")
        self._paid(10)
        self.assertEqual(self._class(), "good")

    def test_history_older_than_a_year_does_not_count(self):
        self._paid(0, invoiced="2025-06-01")
        self.assertEqual(self._behavior().paid_count, 0)
        self._paid(0, invoiced="2025-06-02")
        self.assertEqual(self._behavior().paid_count, 1)

    def test_payments_of_later_days_do_not_count_yet(self):
        self._paid(50)
        self.assertEqual(self._behavior(day="2026-04-19").paid_count, 0)
        self.assertEqual(self._behavior(day="2026-04-20").paid_count, 1)

    def test_credit_notes_are_no_payments(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        refund = self._new_refund("2026-05-30", amount=400)
        (self._items(invoice) + self._items(refund)).reconcile()
        self._pay(invoice, 600, "2026-04-05")
        behavior = self._behavior()
        self.assertEqual((behavior.days_late, behavior.paid_count), (5, 1))

    def test_what_is_written_off_is_not_paid(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": "2026-05-20",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self._items(invoice).account_id.id,
                            "partner_id": self.debtor.id,
                            "credit": 1000,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_expense"].id,
                            "debit": 1000,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        (self._items(invoice) + entry.line_ids.filtered("credit")).reconcile()
        self.assertTrue(self._items(invoice).reconciled)
        self.assertEqual(self._behavior().paid_count, 0)

    def test_money_on_the_bank_counts_once_it_is_allocated(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        bank = self._receive(1000, "2026-04-04")
        self.assertEqual(self._behavior().paid_count, 0)
        (self._items(invoice) + self._items(bank)).reconcile()
        self.assertEqual(self._behavior().days_late, 4)

    def test_money_before_the_invoice_pays_it_on_its_date(self):
        bank = self._receive(1000, "2026-02-01")
        invoice = self._new_invoice("2026-03-31", amount=1000)
        (self._items(invoice) + self._items(bank)).reconcile()
        behavior = self._behavior()
        self.assertEqual((behavior.days_to_pay, behavior.days_late), (0, -30))
        self.assertEqual(behavior.late_share, 0)

    def test_a_payment_that_is_taken_back_does_not_count(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        payment = self._pay(invoice, 1000, "2026-04-30")
        self.assertEqual(self._behavior().paid_count, 1)
        payment.action_draft()
        self.assertEqual(self._behavior().paid_count, 0)

    def test_vendor_bills_do_not_count(self):
        bill = self._new_invoice("2026-03-31", amount=1000, move_type="in_invoice")
        self._pay(bill, 1000, "2026-05-30")
        self.assertEqual(self._behavior().paid_count, 0)

    def test_currencies_weigh_in_that_of_the_company(self):
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        invoice = self._new_invoice("2026-03-31", amount=2000, currency_id=foreign.id)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": "2026-04-20"})._create_payments()
        self.assertTrue(self._items(invoice).reconciled)
        self._paid(30, 1000)
        self.assertEqual(self._behavior().days_late, 10)

    def test_differences_of_exchange_rates_are_no_payments(self):
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0), ("2026-04-01", 4.0)])
        invoice = self._new_invoice("2026-03-31", amount=2000, currency_id=foreign.id)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": "2026-04-20"})._create_payments()
        self.assertTrue(self._items(invoice).matched_credit_ids.exchange_move_id)
        behavior = self._behavior()
        self.assertEqual((behavior.days_late, behavior.paid_count), (20, 1))

    def test_contacts_belong_to_their_company(self):
        contact = self.env["res.partner"].create({"name": "Shop", "parent_id": self.debtor.id})
        self._paid(40, partner=contact)
        self.assertEqual(self._behavior().days_late, 10)
        self.assertEqual(contact.credit_days_late, 10)

    def test_companies_are_apart(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self._paid(70)
        self.assertEqual(self._behavior(company=other).paid_count, 0)
        self._update()
        self._update(company=other)
        self.assertEqual(self._row().risk_class_id, self.classes["bad"])
        self.assertFalse(self._row(company=other))
        self.assertEqual(self.debtor.credit_risk_class_id, self.classes["bad"])
        debtor = self.debtor.with_company(other)
        self.assertEqual(debtor.credit_risk_class_id, self.classes["unknown"])
        self.assertEqual(debtor.credit_paid_count, 0)

    # === TREND AND OPEN ITEMS ===#
    def test_trend_compares_three_months_with_the_year(self):
        self._paid(30, invoiced="2025-10-01")
        self.assertIsNone(self._behavior().trend)
        self._paid(40, invoiced="2026-04-01")
        behavior = self._behavior()
        self.assertEqual((behavior.days_late, behavior.days_late_recent), (5, 10))
        self.assertEqual(behavior.trend, "same")
        self._paid(50, 2000, invoiced="2026-04-01")
        self.assertEqual(self._behavior().trend, "same")
        self._paid(30, 2000, invoiced="2025-10-01")
        self.assertEqual(self._behavior().trend, "worse")

    def test_trend_is_better_when_payments_come_earlier(self):
        self._paid(60, invoiced="2025-10-01")
        self._paid(30, invoiced="2026-04-01")
        self.assertEqual(self._behavior().trend, "better")

    def test_oldest_open_item(self):
        self._new_invoice("2026-05-20")
        self._new_invoice("2026-07-20")
        self.assertEqual(self._behavior().oldest_days, 12)
        self.assertEqual(self._behavior(day="2026-05-20").oldest_days, 0)

    # === PROMISES ===#
    def _promise(self, invoice, promised="2026-05-10", day="2026-05-01", amount=False):
        with self._frozen(day):
            return self.env["dunning.contact"].create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "move_line_ids": [Command.set(self._items(invoice).ids)],
                    "outcome": "promise",
                    "date": day,
                    "promise_date": promised,
                    "promise_amount": amount,
                }
            )

    def _broken(self, day=DAY):
        """What the night's figures say after the promises of the day were settled."""
        promises = self.env["collection.promise"].search([("partner_id", "=", self.debtor.id)])
        promises._review(fields.Date.to_date(day))
        return self._behavior(day=day).broken_promises

    def test_a_promise_is_broken_after_the_days_that_bank_files_take(self):
        self._promise(self._new_invoice("2026-03-31"))
        self.assertEqual(self._broken("2026-05-12"), 0)
        self.assertEqual(self._broken("2026-05-13"), 1)
        self.assertEqual(self._broken("2027-05-10"), 0)

    def test_a_promise_that_was_kept_is_not_broken(self):
        invoice = self._new_invoice("2026-03-31")
        self._promise(invoice)
        self._pay(invoice, 100, "2026-05-12")
        self.assertEqual(self._broken(), 0)

    def test_a_promise_that_was_kept_too_late_is_broken(self):
        invoice = self._new_invoice("2026-03-31")
        self._promise(invoice)
        self._pay(invoice, 100, "2026-05-13")
        self.assertEqual(self._broken(), 1)

    def test_a_promise_of_a_part_asks_for_that_part(self):
        invoice = self._new_invoice("2026-03-31", amount=1000)
        self._pay(invoice, 300, "2026-04-15")
        self._promise(invoice, amount=200)
        self._pay(invoice, 150, "2026-05-05")
        self.assertEqual(self._broken(), 1)
        self._pay(invoice, 50, "2026-05-06")
        self.assertEqual(self._broken(), 0)

    def test_a_promise_of_what_had_been_paid_already_is_kept(self):
        invoice = self._new_invoice("2026-03-31")
        self._promise(invoice)
        self._pay(invoice, 100, "2026-04-28")
        self.assertEqual(self._broken(), 0)

    def test_a_promise_that_was_replaced_in_time_is_not_counted(self):
        invoice = self._new_invoice("2026-03-31")
        self._promise(invoice)
        self._promise(invoice, "2026-05-20", day="2026-05-08")
        self.assertEqual(self._broken("2026-05-20"), 0)
        self.assertEqual(self._broken(), 1)

    # === CLASSES ===#
    def test_the_worst_class_whose_conditions_hold_applies(self):
        for days, name in ((20, "good"), (34, "good"), (35, "normal"), (45, "elevated")):
            debtor = self._new_debtor(f"Debtor {days}")
            for _number in range(3):
                self._paid(days, partner=debtor)
            self.assertEqual(self._class(debtor), name, days)
        debtor = self._new_debtor("Debtor 60")
        self._paid(60, partner=debtor)
        self.assertEqual(self._class(debtor), "bad")

    def test_who_pays_nothing_for_long_is_not_unknown(self):
        self._new_invoice("2026-03-03")
        self.assertEqual(self._class(), "long_overdue")
        self.assertEqual(self._class(day="2026-05-31"), "unknown")

    def test_all_conditions_of_a_class_must_hold(self):
        self.classes["bad"].min_broken_promises = 1
        self._paid(70)
        self.assertEqual(self._class(), "elevated")
        self._promise(self._new_invoice("2026-04-30"))
        self.assertEqual(self._broken(), 1)
        self.assertEqual(self._class(), "bad")

    def test_the_score_of_the_newest_valid_credit_check_counts(self):
        self.classes["elevated"].write({"min_days_late": 0, "max_score": 25})

        def check(day, score, **values):
            self.env["credit.assessment"].create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "source": "Agency",
                    "date": day,
                    "score": score,
                    **values,
                }
            )

        self.assertEqual(self._class(), "unknown")
        check("2026-01-01", 80, date_to="2026-12-31")
        self.assertEqual(self._class(), "unknown")
        check("2026-02-01", 5, score_best=1, score_worst=6, date_to="2026-12-31")
        self.assertEqual(self._behavior().score, 20)
        self.assertEqual(self._class(), "elevated")
        check("2026-03-01", 10, date_to="2026-05-31")
        self.assertEqual(self._behavior().score, 20)
        check("2026-07-01", 90)
        self.assertEqual(self._behavior().score, 20)
        check("2026-04-01", False, has_score=False, date_to="2026-12-31")
        self.assertEqual(self._behavior().score, 20, "none is not the worst one")
        check("2026-04-02", 0, date_to="2026-12-31")
        self.assertEqual(self._behavior().score, 0)
        self.assertEqual(self._class(), "elevated")

    def test_other_conditions_choose_debtors(self):
        country = self.debtor.country_id
        self.classes["bad"].write(
            {"min_days_late": 0, "debtor_domain": f"[('country_id', '=', {country.id})]"}
        )
        abroad = self._new_debtor("Abroad", country_id=self.env.ref("base.us").id)
        self.assertEqual(self._class(), "bad")
        self.assertEqual(self._class(abroad), "unknown")
        # Nothing is known of either, and yet one of them is in that class.
        self._update()
        self.assertFalse(self._row() + self._row(abroad))
        self.assertEqual(self.debtor.credit_risk_class_id, self.classes["bad"])
        self.assertEqual(self.debtor.credit_risk_reason, "Bad: one of the debtors of this class")
        self.assertEqual(abroad.credit_risk_class_id, self.classes["unknown"])
        for name, expected in (("bad", self.debtor), ("unknown", abroad)):
            found = self.env["res.partner"].search(
                [
                    ("credit_risk_class_id", "=", self.classes[name].id),
                    ("id", "in", (self.debtor + abroad).ids),
                ]
            )
            self.assertEqual(found, expected)
        self._new_invoice("2026-05-20")
        self._update()
        self.assertEqual(self._row().risk_class_id, self.classes["bad"])

    def test_conditions_that_cannot_be_read_are_refused(self):
        for domain in (
            "[('no_such_field', '=', 1)]",
            "nonsense",
            "[('parent_id.credit_risk_class_id', '!=', False)]",
        ):
            with self.assertRaises(ValidationError):
                self.classes["bad"].debtor_domain = domain

    def test_classes_of_another_company_do_not_apply(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self.classes["bad"].company_id = other
        self._paid(70)
        self.assertEqual(self._class(), "elevated")
        self.classes["elevated"].active = False
        self.assertEqual(self._class(), "unknown")

    def test_a_branch_has_the_classes_and_rules_of_the_companies_above_it(self):
        branch = (
            self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        )
        own = self.env["credit.risk.class"].create(
            {"name": "Ours", "company_id": self.company.id, "sequence": 1}
        )
        rule = self.env["credit.hold.rule"].create(
            {"criterion": "manual", "company_id": self.company.id}
        )
        self.assertIn(own, own._get_of_company(self.company))
        self.assertIn(own, own._get_of_company(branch))
        other = self.setup_other_company(name="Elsewhere")["company"]
        self.assertNotIn(own, own._get_of_company(other))
        there = self.debtor.with_company(branch)
        self.assertEqual(there.credit_risk_class_id, own)
        user = self._new_user("branch_manager", "account_credit_management.group_manager")
        user.write({"company_ids": [Command.set(branch.ids)], "company_id": branch.id})
        for record in (own, rule):
            records = record.with_user(user).with_company(branch)
            self.assertIn(record, records.search([]))
            self.assertTrue(records.display_name)
            user.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
            self.assertNotIn(record, record.with_user(user).with_company(other).search([]))
            user.write({"company_ids": [Command.set(branch.ids)], "company_id": branch.id})

    def test_the_reason_is_told_in_a_sentence(self):
        self._paid(72)
        self._update()
        self.assertEqual(
            self._row().risk_reason, "Bad: on average 42 days late in the last year (from 30)"
        )
        self.assertEqual(self.debtor.credit_risk_reason, self._row().risk_reason)
        new = self._new_debtor("New")
        self.assertEqual(new.credit_risk_reason, "Unknown: nothing is known yet")

    def test_the_reason_of_every_class_can_be_told(self):
        self.classes["bad"].write(
            {
                "min_days_late": 10,
                "min_oldest_days": 10,
                "min_late_share": 10,
                "min_broken_promises": 1,
                "max_score": 50,
                "min_paid_count": 1,
                "debtor_domain": "[('is_company', '=', True)]",
            }
        )
        behavior = self._behavior()._replace(
            days_late=20.0,
            oldest_days=30,
            late_share=40.0,
            broken_promises=2,
            score=12.0,
            paid_count=9,
        )
        self.assertEqual(
            self.classes["bad"]._get_reason(behavior),
            "Bad: on average 20 days late in the last year (from 10); the oldest open item is 30 "
            "days late (from 10); 40% was paid late in the last year (from 10%); 2 broken promises "
            "in the last year (from 1); the credit check scores 12 of 100 (up to 50); one of the "
            "debtors of this class",
        )
        for days, text in (
            (-3, "on average 3 days early in the last year, payments: 9"),
            (0, "on average paid on the day in the last year, payments: 9"),
            (4, "on average 4 days late in the last year, payments: 9"),
        ):
            reason = self.classes["good"]._get_reason(behavior._replace(days_late=float(days)))
            self.assertEqual(reason, f"Good: {text}")
        self.assertEqual(
            self.classes["unknown"]._get_reason(behavior._replace(paid_count=2)),
            "Unknown: too little is known, payments in the last year: 2",
        )
        self.assertEqual(
            self.classes["unknown"]._get_reason(behavior._replace(paid_count=0)),
            "Unknown: no payments in the last year",
        )

    # === PARTNER ===#
    def test_the_form_shows_the_figures_of_this_moment(self):
        with self._frozen(DAY):
            self._update()
            self._paid(45)
            debtor = self.debtor.with_user(self.salesman)
            self.assertEqual(debtor.credit_days_to_pay, 45)
            self.assertEqual(debtor.credit_days_late, 15)
            self.assertEqual(debtor.credit_paid_count, 1)
            self.assertEqual(debtor.credit_trend, "same")
            with Form(debtor, "account.view_partner_property_form") as form:
                self.assertEqual(form.credit_days_late, 15)

    def test_debtors_are_found_by_class(self):
        self._paid(70)
        new = self._new_debtor("New")
        self._update()
        partners = self.env["res.partner"]
        both = [("id", "in", (self.debtor + new).ids)]
        bad, unknown = self.classes["bad"], self.classes["unknown"]

        def find(*condition):
            return partners.search([*both, ("credit_risk_class_id", *condition)])

        self.assertEqual(find("=", bad.id), self.debtor)
        self.assertEqual(find("!=", bad.id), new)
        self.assertEqual(find("=", unknown.id), new)
        self.assertEqual(find("in", [bad.id, unknown.id]), self.debtor + new)
        self.assertEqual(find("ilike", "Bad"), self.debtor)
        self.assertEqual(find("not ilike", "Bad"), new)
        self.assertFalse(find("=", False))
        self.assertEqual(find("!=", False), self.debtor + new)
        self.assertEqual(
            partners.search([*both, ("credit_risk_class_id.risk", ">=", 3)]), self.debtor
        )

    def test_target_groups_of_policies_can_use_the_class(self):
        self._paid(70)
        self._new_invoice("2026-05-20")
        strict = self.policy.copy(
            {
                "name": "Strict",
                "sequence": 1,
                "debtor_domain": f"[('credit_risk_class_id', '=', {self.classes['bad'].id})]",
            }
        )
        self.assertNotEqual(self.debtor.dunning_effective_policy_id, strict)
        self._update()
        self.env.invalidate_all()
        self.assertEqual(self.debtor.dunning_effective_policy_id, strict)

    def test_who_may_see_and_change_it(self):
        self._paid(70)
        self._update()
        row = self._row().with_user(self.salesman)
        self.assertEqual(row.risk_class_id.name, "Bad")
        with self.assertRaises(AccessError):
            row.write({"days_late": 0})
        with self.assertRaises(AccessError):
            row.with_user(self.manager).write({"days_late": 0})
        with self.assertRaises(AccessError):
            self.classes["bad"].with_user(self.collector).min_days_late = 50
        self.classes["bad"].with_user(self.manager).min_days_late = 50
        self.assertEqual(self._row().risk_class_id, self.classes["elevated"])


@tagged("post_install", "-at_install")
class TestCreditBehaviorNight(CreditBehaviorCommon):
    """What the night writes for all debtors, and whom it tells."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_user_id = cls.manager

    def _activities(self, partner=None):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", (partner or self.debtor).id),
                ("dunning_task", "=", WORSENED_TASK),
            ]
        )

    def _become_good(self):
        for _number in range(3):
            self._paid(25)
        self._update("2026-05-01")
        self.assertEqual(self._row().risk_class_id, self.classes["good"])

    def test_the_night_writes_what_the_form_shows(self):
        self._paid(20, 1000)
        self._paid(45, 5000)
        self._paid(60, 4000)
        other = self._new_debtor("Other")
        self._new_invoice("2026-05-20", other)
        self._update()
        for partner in self.debtor + other:
            row, live = self._row(partner), self._behavior(partner)
            self.assertEqual(row.date, self.day)
            for name in live._fields[1:-1]:
                self.assertEqual(row[name] or False, getattr(live, name) or False, name)
            self.assertEqual(row.risk_class_id.id, live.risk_class_id)
        self.assertEqual(self._row().days_to_pay, 48.5)

    def test_averages_leave_out_debtors_who_paid_nothing(self):
        self._paid(50)
        other = self._new_debtor("Other")
        self._new_invoice("2026-05-20", other)
        self._update()
        [(average,)] = self.env["credit.behavior"]._read_group(
            [("partner_id", "in", (self.debtor + other).ids)], [], ["days_late:avg"]
        )
        self.assertEqual(average, 20)

    def test_a_second_run_changes_nothing(self):
        self._become_good()
        self._paid(300, 50000, invoiced="2025-07-20")
        self._update()
        before = self._row().read()
        activities = self._activities()
        self.assertEqual(len(activities), 1)
        activities.unlink()
        self.assertFalse(self._update())
        self.assertEqual(self._row().read(), before)
        self.assertFalse(self._activities())

    def test_the_first_time_is_no_worsening(self):
        self._paid(70)
        self.assertFalse(self._update())
        self.assertEqual(self._row().risk_class_id, self.classes["bad"])
        self.assertFalse(self._row().worsened_date)
        self.assertFalse(self._activities())

    def test_who_gets_worse_is_listed_and_the_credit_manager_told_once(self):
        self._become_good()
        mails = self.env["mail.mail"].search_count([])
        self._paid(60, 2000)
        self.assertEqual(self._update("2026-05-02").partner_id, self.debtor)
        row = self._row()
        self.assertEqual(row.previous_risk_class_id, self.classes["good"])
        self.assertEqual(str(row.worsened_date), "2026-05-02")
        activity = self._activities()
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.summary, f"Pays worse: Good → {row.risk_class_id.name}")
        self.assertIn(row.risk_reason, activity.note)
        self._paid(100, 90000, invoiced="2026-01-10")
        self.assertEqual(self._update("2026-05-03"), row)
        self.assertEqual(row.risk_class_id, self.classes["bad"])
        self.assertEqual(self._activities(), activity, "one at a time")
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)

    def test_whoever_looks_after_debtors_is_told_without_a_credit_manager(self):
        for credit_user, contact, expected in (
            (False, self.collector, self.collector),
            (False, False, self.env.ref("base.user_admin")),
        ):
            self.company.write(
                {
                    "credit_user_id": credit_user,
                    "dunning_user_id": contact and contact.id,
                }
            )
            debtor = self._new_debtor(f"Of {expected.login}")
            self._paid(50, partner=debtor)
            self._update("2026-05-01")
            self._paid(100, 9000, invoiced="2026-01-10", partner=debtor)
            self._update("2026-05-02")
            self.assertEqual(self._activities(debtor).user_id, expected)

    def test_who_gets_better_is_not_listed_any_more(self):
        self._become_good()
        self._new_invoice("2026-01-31")
        self._update("2026-05-02")
        row = self._row()
        self.assertEqual(row.risk_class_id, self.classes["long_overdue"])
        self.assertTrue(row.worsened_date)
        self._update("2026-05-03")
        self.assertTrue(row.worsened_date, "nothing changed")
        self._pay(
            self.env["account.move"]
            .search([("partner_id", "=", self.debtor.id)])
            .filtered(lambda move: move.payment_state == "not_paid"),
            100,
            "2026-05-03",
        )
        self._update("2026-05-04")
        self.assertEqual(row.previous_risk_class_id, self.classes["long_overdue"])
        self.assertFalse(row.worsened_date)

    def test_knowing_less_is_no_worsening(self):
        self._become_good()
        self._new_invoice("2027-05-20")
        self.assertFalse(self._update("2027-05-01"))
        self.assertEqual(self._row().risk_class_id, self.classes["unknown"])
        self.assertFalse(self._activities())

    def test_new_rules_are_no_worsening(self):
        self._become_good()
        self.classes["bad"].write({"min_days_late": 0, "min_paid_count": 1})
        self.assertEqual(self._row().risk_class_id, self.classes["bad"])
        self.assertFalse(self._update("2026-05-02"))
        self.assertFalse(self._activities())
        self.classes["bad"].active = False
        self.assertEqual(self._row().risk_class_id, self.classes["good"])
        self.classes["good"].unlink()
        self.assertEqual(self._row().risk_class_id, self.classes["unknown"])

    def test_debtors_of_whom_nothing_is_known_any_more_have_no_row(self):
        self._become_good()
        self._update("2027-05-01")
        self.assertFalse(self._row())
        self.assertEqual(self.debtor.credit_risk_class_id, self.classes["unknown"])

    def test_the_scheduled_action_looks_at_every_company(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self._paid(70)
        cron = self.env.ref("account_credit_management.ir_cron_credit_behavior")
        with self._frozen(DAY), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._row().risk_class_id, self.classes["bad"])
        self.assertFalse(self._row(company=other))

    def test_a_company_that_fails_does_not_stop_the_others(self):
        self._paid(70)
        cls = type(self.env["credit.behavior"])
        update = cls._update_behavior
        other = self.setup_other_company(name="Other Seller")["company"]

        def fail(behaviors, company, day):
            if company != self.company:
                raise ValueError(company.name)
            return update(behaviors, company, day)

        self.patch(cls, "_update_behavior", fail)
        cron = self.env.ref("account_credit_management.ir_cron_credit_behavior")
        with (
            self._frozen(DAY),
            self.enter_registry_test_mode(),
            self.assertLogs("odoo.addons.account_credit_management", "ERROR") as logs,
        ):
            cron.method_direct_trigger()
        self.assertTrue(any(other.name in line for line in logs.output))
        self.env.invalidate_all()
        self.assertEqual(self._row().risk_class_id, self.classes["bad"])

    # === QUERIES ===#
    def _count_queries(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_the_debtors(self):
        def debtors(count):
            found = self.env["res.partner"]
            for number in range(count):
                debtor = self._new_debtor(f"Debtor {number} of {count}")
                self._paid(31 + number, partner=debtor)
                found |= debtor
            return found

        def read_list(partners):
            self._row().search([("partner_id", "in", partners.ids)]).web_read(
                {
                    "partner_id": {"fields": {"display_name": {}}},
                    "risk_class_id": {"fields": {"display_name": {}}},
                    "risk": {},
                    "debtor_code": {},
                    "risk_reason": {},
                    "days_late": {},
                    "trend": {},
                }
            )

        def read_partners(partners):
            partners.read(["credit_risk_class_id", "credit_risk_reason", "credit_days_late"])

        few = debtors(4)
        self._update()
        for read in (read_list, read_partners):
            read(few)  # fills the caches of the registry
        night = self._count_queries(self._update)
        lists = [
            self._count_queries(lambda read=read: read(few)) for read in (read_list, read_partners)
        ]
        many = debtors(40)
        self.assertEqual(self._count_queries(self._update), night)
        for read, expected in zip((read_list, read_partners), lists, strict=True):
            self.assertEqual(self._count_queries(lambda read=read: read(many)), expected)
        self.assertEqual(len(self._row().search([("partner_id", "in", many.ids)])), 40)
