import base64
from datetime import date
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import file_open, mute_logger

from .common import CreditManagementCommon

RENEWAL = "account_credit_management.mail_activity_type_assessment_renewal"


@tagged("post_install", "-at_install")
class TestCreditAssessment(CreditManagementCommon):
    """Credit checks: how long they hold, what they advise, and who makes them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_user_id = cls.manager
        cls.checks = cls.env["credit.assessment"]

    def _check(self, **values):
        return self.checks.create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": "2026-01-01",
                "source": "Agency",
                **values,
            }
        )

    def _review(self, day):
        with self._frozen(day):
            self.env.invalidate_all()
            self.env["credit.cron"]._review_company(self.company)

    def _activities(self, check):
        return check.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(RENEWAL)
        )

    # === VALIDITY ===#
    def test_a_check_holds_as_long_as_the_company_says(self):
        self.assertEqual(self._check().date_to, date(2027, 1, 1))
        self.company.credit_assessment_days = 30
        self.assertEqual(self._check().date_to, date(2026, 1, 31))
        self.assertEqual(self._check(date_to="2026-03-01").date_to, date(2026, 3, 1))
        self.company.credit_assessment_days = 0
        self.assertFalse(self._check().date_to)
        form = Form(self.checks)
        form.partner_id = self.debtor
        form.source = "Agency"
        self.company.credit_assessment_days = 10
        form.date = "2026-02-01"
        self.assertEqual(form.date_to, date(2026, 2, 11))

    @mute_logger("odoo.sql_db")
    def test_nonsense_is_refused(self):
        for values in (
            {"date_to": "2025-12-31"},
            {"score_best": 5, "score_worst": 5, "score": 5},
            {"advised_limit": -1},
        ):
            with (
                self.subTest(values),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._check(**values)
        for score in (-1, 101):
            with self.subTest(score), self.assertRaises(ValidationError):
                self._check(score=score)

    def test_scores_of_all_scales_compare(self):
        for best, worst, score, percentage in (
            (100, 0, 72, 72),
            (100, 600, 100, 100),
            (100, 600, 600, 0),
            (100, 600, 225, 75),
            (10, -10, 0, 50),
        ):
            with self.subTest(best=best, worst=worst, score=score):
                check = self._check(score_best=best, score_worst=worst, score=score)
                self.assertTrue(check.has_score)
                self.assertAlmostEqual(check.score_percentage, percentage)
        self.assertFalse(self._check().has_score)
        self.assertFalse(self._check(score=False).has_score)
        worst = self._check(score=0)
        self.assertEqual((worst.has_score, worst.score_percentage), (True, 0))

    def test_the_newest_valid_check_counts(self):
        old = self._check()
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        new = self._check(date="2026-03-01", date_to="2026-04-30", partner_id=contact.id)
        other = self.setup_other_company(name="Other")["company"]
        self._check(date="2026-03-02", company_id=other.id)
        self._check(date="2026-03-02", active=False)
        for day, expected in (
            ("2025-12-31", self.checks),
            ("2026-02-28", old),
            ("2026-03-01", new),
            ("2026-04-30", new),
            ("2026-05-01", old),
            ("2027-01-02", self.checks),
        ):
            with self.subTest(day), self._frozen(day):
                self.env.invalidate_all()
                for partner in (self.debtor, contact):
                    seen = partner.with_user(self.salesman).with_company(self.company)
                    self.assertEqual(seen.credit_assessment_id, expected)
                    self.assertEqual(seen.credit_assessment_valid, bool(expected))
                    for value in (True, False):
                        found = partner.search([("credit_assessment_valid", "=", value)])
                        self.assertEqual(partner in found, bool(expected) == value)
                position = self.env["credit.exposure"]._get_positions(self.company, self.debtor)
                self.assertEqual(position[self.debtor.id].check_valid, bool(expected))
        self.assertTrue(old.replaced)
        self.assertFalse(new.replaced)

    def test_debtors_and_their_checks_take_a_fixed_number_of_queries(self):
        def read(count):
            debtors = self.env["res.partner"]
            for number in range(count):
                debtors |= self._new_debtor(f"Debtor {count}-{number}")
                self._check(partner_id=debtors[-1].id)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            debtors.mapped("credit_assessment_valid")
            return self.env.cr.sql_log_count - before

        read(1)
        self.assertEqual(read(10), read(2))

    def test_a_review_is_asked_once_before_it_lapses(self):
        check = self._check(date_to="2026-06-30")
        self._review("2026-06-15")
        self.assertFalse(self._activities(check))
        self._review("2026-06-16")
        activity = self._activities(check)
        self.assertEqual((activity.user_id, activity.date_deadline), (self.manager, check.date_to))
        self.assertIn("Debtor One", activity.summary)
        self._review("2026-06-17")
        self.assertEqual(self._activities(check), activity)
        activity.action_done()
        self._review("2026-07-17")
        self.assertFalse(self._activities(check))

    def test_a_newer_check_takes_the_review_away(self):
        check = self._check(date_to="2026-06-30")
        self._review("2026-06-16")
        self.assertTrue(self._activities(check))
        self._check(date="2026-06-16", date_to="2026-06-20")
        self._review("2026-06-16")
        self.assertFalse(self._activities(check))

    # === LIMIT ===#
    def test_the_advised_limit_is_asked_for_in_the_currency_of_the_company(self):
        currency = self.setup_other_currency("EUR", rates=[("2026-01-01", 2.0)])
        with self._frozen("2026-02-01"):
            check = self._check(advised_limit=9000, currency_id=currency.id)
            action = check.with_user(self.collector).action_propose_limit()
            limit = self.env["credit.limit"].browse(action["res_id"])
            self.assertEqual((limit.amount, limit.partner_id), (4500, self.debtor))
            self.assertEqual((limit.kind, limit.state), ("own", "requested"))
            self.assertEqual(limit.requested_by_id, self.collector)
            self.assertIn("Agency", limit.reason)
            self.assertFalse(self.debtor.with_company(self.company).credit_limit)
            again = check.with_user(self.collector).action_propose_limit()
            self.assertEqual(again["res_id"], limit.id)

    def test_what_is_lapsed_or_advises_nothing_proposes_no_limit(self):
        with self._frozen("2026-02-01"):
            for check in (self._check(), self._check(advised_limit=10, date_to="2026-01-31")):
                with self.assertRaises(UserError):
                    check.action_propose_limit()
        self.assertFalse(self.env["credit.limit"].search([("partner_id", "=", self.debtor.id)]))

    # === OWN HISTORY ===#
    def _paid(self, due, days, amount=100.0, partner=None):
        """An invoice that was paid so many days after its due date."""
        invoice = self._new_invoice(due, partner, amount)
        paid = fields.Date.add(fields.Date.to_date(due), days=days)
        self._pay(invoice, amount, paid)
        return invoice

    def _ask(self, provider="own_history", day="2026-10-01", partner=None):
        with self._frozen(day):
            return self.checks.with_user(self.collector)._request_check(
                provider, partner or self.debtor, self.company
            )

    def test_who_pays_in_time_gets_the_highest_he_paid(self):
        self._paid("2026-03-31", 0, 100)
        self._paid("2026-04-10", -5, 250)  # owed together with the one before
        self._paid("2026-06-30", 0, 200)
        self._new_invoice("2026-12-31", amount=5000)  # not due, not paid
        check = self._ask()
        self.assertEqual((check.score, check.score_percentage), (100, 100))
        self.assertEqual((check.advised_limit, check.conclusion), (350, "approve"))
        self.assertEqual((check.provider, check.partner_id), ("own_history", self.debtor))
        self.assertEqual((check.date, check.valid), (date(2026, 10, 1), True))

    def test_lateness_costs_score_weighted_by_amount(self):
        self._paid("2026-03-31", 0, 300)
        self._paid("2026-05-31", 20, 100)
        self._paid("2026-07-31", -10, 400)
        self._paid("2026-08-31", 60, 200)
        # 30 % late; (100 × 20 + 200 × 60) / 1000 = 14 days.
        check = self._ask(day="2026-12-01")
        self.assertAlmostEqual(check.score, 100 - 15 - 14)
        self.assertEqual(check.conclusion, "approve")

    def test_what_is_overdue_now_counts_as_paid_today(self):
        for month in (3, 4, 5):
            self._paid(f"2026-{month:02}-28", 0, 100)
        self._new_invoice("2026-06-23", amount=700)
        # 70 % late; 700 × 100 / 1000 = 70 days.
        check = self._ask()
        self.assertEqual((check.score, check.conclusion, check.advised_limit), (0, "prepay", 0))

    def test_it_takes_three_payments_of_the_last_two_years(self):
        self._paid("2026-03-31", 0)
        self._paid("2026-04-30", 0)
        self._paid("2024-08-31", 0)
        self._paid("2026-05-31", 0, partner=self._new_debtor("Debtor Two"))
        noted = self._new_invoice("2026-06-30", amount=80)
        refund = self._new_refund("2026-06-30", amount=80)
        (self._items(noted) | self._items(refund)).reconcile()
        with self.assertRaisesRegex(UserError, "Debtor One paid 2 invoices"):
            self._ask()
        self._paid(
            "2026-06-30",
            0,
            partner=self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id}),
        )
        self.assertEqual(self._ask().score, 100)

    # === SERVICES ===#
    def test_a_service_plugs_in_by_two_methods(self):
        asked = []

        def providers(checks):
            return {"own_history": "Own", "agency": "Paid Agency"}

        def request(checks, partner, company):
            asked.append((partner, company))
            return {"score": 300, "score_best": 100, "score_worst": 600, "rating": "C"}

        registry = type(self.checks)
        with (
            patch.object(registry, "_credit_check_providers", providers),
            patch.object(registry, "_request_agency", request, create=True),
        ):
            contact = self.env["res.partner"].create({"name": "B", "parent_id": self.debtor.id})
            check = self._ask("agency", partner=contact)
            wizard = self.env["credit.check.now"]
            self.assertIn(("agency", "Paid Agency"), wizard._get_providers())
        self.assertEqual(asked, [(self.debtor, self.company)])
        self.assertEqual((check.source, check.provider), ("Paid Agency", "agency"))
        self.assertEqual((check.score_percentage, check.rating), (60, "C"))
        with self.assertRaises(UserError):
            self._ask("agency")
        with self.assertRaises(UserError):
            self._ask("check")

    def test_a_prospect_without_invoices_has_a_file_too(self):
        prospect = self._new_debtor("Prospect")
        check = self._check(partner_id=prospect.id, date=fields.Date.today(), score=50)
        self.assertEqual(prospect.credit_assessment_id, check)
        with self.assertRaises(UserError):
            self._ask(partner=prospect)

    def test_one_debtor_without_an_answer_does_not_stop_the_others(self):
        for month in (3, 4, 5):
            self._paid(f"2026-{month:02}-28", 0)
        silent = self._new_debtor("Silent")
        with self._frozen("2026-10-01"):
            action = (self.debtor | silent).with_user(self.collector).action_check_credit_now()
            wizard = Form.from_action(self.env["res.partner"].with_user(self.collector).env, action)
            self.assertEqual(wizard.provider, "own_history")
            wizard = wizard.save()
            action = wizard.action_check()
            self.assertEqual((action["res_model"], action["res_id"]), (wizard._name, wizard.id))
            self.assertIn("Silent", wizard.failures)
            self.assertNotIn("Debtor One", wizard.failures)
            self.assertEqual(wizard.assessment_ids.partner_id, self.debtor)
            self.assertEqual(wizard.action_open_checks()["res_id"], wizard.assessment_ids.id)
            wizard.partner_ids = silent
            with self.assertRaisesRegex(UserError, "Silent"):
                wizard.action_check()

    def test_salespeople_read_checks_and_ask_for_none(self):
        check = self._check(score=50).with_user(self.salesman)
        self.assertEqual(check.score_percentage, 50)
        with self.assertRaises(AccessError):
            check.advised_limit = 1_000_000
        with self.assertRaises(AccessError):
            self.debtor.with_user(self.salesman).action_check_credit_now()
        with self.assertRaises(AccessError):
            self.checks.with_user(self.salesman)._request_check(
                "own_history", self.debtor, self.company
            )

    def test_other_companies_keep_their_checks(self):
        other = self.setup_other_company(name="Other")["company"]
        self._check(company_id=other.id)
        self.collector.company_ids = [Command.set(self.company.ids)]
        found = self.checks.with_user(self.collector).search([("company_id", "=", other.id)])
        self.assertFalse(found)

    # === IMPORT ===#
    def test_scores_come_from_a_spreadsheet_by_debtor_code(self):
        self.debtor.debtor_code = "KL-77"
        other = self._new_debtor("Debtor Two", debtor_code="KL-78")
        result = self.checks.with_user(self.collector).load(
            ["partner_id", "date", "source", "score", "score_worst", "score_best", "conclusion"],
            [
                ["KL-77", "2026-02-01", "Agency", "225", "600", "100", "Prepayment only"],
                ["KL-78", "2026-02-01", "Agency", "", "", "", ""],
            ],
        )
        self.assertFalse(result["messages"])
        first, second = self.checks.browse(result["ids"])
        self.assertEqual((first.partner_id, second.partner_id), (self.debtor, other))
        self.assertEqual((first.score_percentage, first.conclusion), (75, "prepay"))
        self.assertEqual(first.date_to, date(2027, 2, 1))
        self.assertFalse(second.has_score)
        wrong = self.checks.with_user(self.collector).load(
            ["partner_id", "date", "source"], [["KL-99", "2026-02-01", "Agency"]]
        )
        self.assertFalse(wrong["ids"])
        self.assertTrue(wrong["messages"])

    def test_the_template_can_be_filled_in_and_imported(self):
        [template] = self.checks.get_import_templates()
        self._new_debtor("Debtor Two", debtor_code="D00001")
        self._new_debtor("Debtor Three", debtor_code="D00002")
        with file_open(template["template"].removeprefix("/"), "rb") as file:
            content = file.read()
        wizard = (
            self.env["base_import.import"]
            .with_user(self.collector)
            .create(
                {
                    "res_model": "credit.assessment",
                    "file": base64.b64encode(content),
                    "file_name": "credit_assessment.xlsx",
                    "file_type": "application/vnd.openxmlformats-officedocument."
                    "spreadsheetml.sheet",
                }
            )
        )
        wizard.file = content
        options = {
            "has_headers": True,
            "quoting": '"',
            "separator": ",",
            "sheet": "Credit checks",
            "date_format": "%Y-%m-%d",
            "float_decimal_separator": ".",
            "float_thousand_separator": "",
        }
        preview = wizard.parse_preview(options)
        self.assertNotIn("error", preview)
        columns = [match[0] for _index, match in sorted(preview["matches"].items())]
        self.assertEqual(columns[:2], ["partner_id", "date"])
        self.assertEqual(len(columns), len(preview["headers"]))
        result = wizard.execute_import(columns, preview["headers"], preview["options"])
        self.assertFalse(result["messages"])
        checks = self.checks.browse(result["ids"])
        self.assertEqual(checks.mapped("debtor_code"), ["D00001", "D00002"])
        self.assertEqual(checks[0].conclusion, "limited")
        self.assertEqual(checks[1].score_percentage, 58)
