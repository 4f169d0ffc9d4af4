from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CreditManagementCommon

REPORT = "account_credit_management.mail_activity_type_cover_report"
RENEWAL = "account_credit_management.mail_activity_type_cover_renewal"


@tagged("post_install", "-at_install")
class TestCreditCover(CreditManagementCommon):
    """Covers: what is valid, what counts, and the deadlines of the insurer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.insurer = cls.env["res.partner"].create({"name": "Insurer", "is_company": True})
        cls.company.credit_user_id = cls.manager
        cls.covers = cls.env["credit.cover"]

    def _cover(self, **values):
        return self.covers.create(
            {
                "partner_id": self.debtor.id,
                "provider_id": self.insurer.id,
                "policy_number": "P-1",
                "company_id": self.company.id,
                "amount": 1000,
                "date_from": "2026-01-01",
                **values,
            }
        )

    def _position(self, day="2026-05-01", partner=None):
        partner = partner or self.debtor
        return self.env["credit.exposure"]._get_positions(
            self.company, partner, fields.Date.to_date(day)
        )[partner.id]

    def _review(self, day):
        with self._frozen(day):
            self.env.invalidate_all()
            self.env["credit.cron"]._review_company(self.company)

    def _activities(self, cover, kind, done=False):
        return (
            self.env["mail.activity"]
            .with_context(active_test=not done)
            .search(
                [
                    ("res_model", "=", "credit.cover"),
                    ("res_id", "=", cover.id),
                    ("activity_type_id", "=", self.env.ref(kind).id),
                ]
            )
        )

    # === WHAT IS A COVER ===#
    @mute_logger("odoo.sql_db")
    def test_nonsense_is_refused(self):
        for values in (
            {"amount": 0},
            {"amount": -1},
            {"own_risk_percentage": 101},
            {"own_risk_percentage": -1},
            {"date_to": "2025-12-31"},
            {"report_days": -1},
        ):
            with (
                self.subTest(values),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._cover(**values)
        self.assertTrue(self._cover(own_risk_percentage=100, date_to="2026-01-01"))

    def test_a_cover_is_of_the_company_whichever_contact_was_chosen(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        cover = self._cover(partner_id=contact.id)
        self.assertEqual(cover.partner_id, self.debtor)
        other = self._new_debtor("Debtor Two")
        cover.partner_id = self.env["res.partner"].create({"name": "B", "parent_id": other.id})
        self.assertEqual(cover.partner_id, other)

    def test_state_follows_the_calendar_and_can_be_searched(self):
        cover = self._cover(date_from="2026-02-01", date_to="2026-06-30")
        endless = self._cover(date_from="2026-02-01")
        for day, state in (
            ("2026-01-31", "planned"),
            ("2026-02-01", "valid"),
            ("2026-05-30", "valid"),
            ("2026-05-31", "ending"),
            ("2026-06-30", "ending"),
            ("2026-07-01", "lapsed"),
        ):
            with self.subTest(day), self._frozen(day):
                self.env.invalidate_all()
                self.assertEqual(cover.state, state)
                self.assertEqual(cover.valid, state in ("valid", "ending"))
                self.assertNotIn(endless.state, ("ending", "lapsed"))
                for other in ("planned", "valid", "ending", "lapsed"):
                    found = self.covers.search([("state", "=", other)])
                    self.assertEqual(cover in found, other == state)
                self.assertEqual(cover in self.covers.search([("valid", "=", True)]), cover.valid)
                self.assertEqual(
                    cover in self.covers.search([("valid", "=", False)]), not cover.valid
                )

    def test_two_covers_under_one_policy_count_both_and_are_pointed_out(self):
        first = self._cover(date_to="2026-06-30")
        self.assertFalse(first.warning)
        second = self._cover(date_from="2026-06-30", amount=500)
        self.assertIn("P-1", second.warning)
        first.invalidate_recordset(["warning"])
        self.assertIn("500", first.warning)
        self.assertEqual(self._position("2026-06-30").cover, 1500)
        self.assertFalse(self._cover(kind="guarantee").warning)
        self.assertFalse(self._cover(policy_number="P-2").warning)
        self.assertFalse(self._cover(policy_number=False).warning)
        later = self._cover(partner_id=self._new_debtor("Debtor Two").id)
        self.assertFalse(later.warning)
        second.date_from = "2026-07-01"
        self.assertFalse(second.warning)

    def test_the_form_warns_before_it_is_saved(self):
        self._cover()
        form = Form(self.covers)
        form.partner_id = self.debtor
        form.policy_number = "P-1"
        form.amount = 10
        self.assertIn("P-1", form.warning)
        form.policy_number = "P-9"
        self.assertFalse(form.warning)

    # === LAYERS ===#
    def test_what_is_open_is_shared_out_over_the_layers(self):
        self._new_invoice("2026-04-30", amount=1000)
        self._cover(kind="guarantee", amount=100)
        self._cover(amount=500, own_risk_percentage=10)
        self._cover(kind="factoring", amount=300)
        position = self._position()
        self.assertEqual(position.guaranteed, 100)
        self.assertEqual(position.insured, 450)
        self.assertEqual(position.factored, 300)
        self.assertEqual(position.own_risk, 150)
        self.assertEqual(position.cover, 850)

    def test_layers_take_no_more_than_there_is(self):
        self._new_invoice("2026-04-30", amount=400)
        self._cover(kind="guarantee", amount=100)
        self._cover(amount=500, own_risk_percentage=20)
        self._cover(kind="factoring", amount=300)
        position = self._position()
        self.assertEqual(position.guaranteed, 100)
        self.assertEqual(position.insured, 240)
        self.assertEqual(position.factored, 0)
        self.assertEqual(position.own_risk, 60)

    def test_two_covers_of_a_kind_share_their_own_risk_by_amount(self):
        self._new_invoice("2026-04-30", amount=1000)
        self._cover(amount=300, own_risk_percentage=10)
        self._cover(amount=100, own_risk_percentage=50)
        position = self._position()
        self.assertEqual((position.insured, position.own_risk), (320, 680))

    def test_a_cover_in_another_currency_counts_at_the_rate_of_the_day(self):
        currency = self.setup_other_currency(
            "EUR", rates=[("2026-01-01", 2.0), ("2026-05-01", 4.0)]
        )
        self._new_invoice("2026-03-30", amount=1000)
        self._cover(amount=800, currency_id=currency.id)
        self.assertEqual(self._position("2026-04-30").insured, 400)
        self.assertEqual(self._position("2026-05-01").insured, 200)

    def test_a_lapsed_cover_lowers_what_is_left(self):
        self.debtor.sudo().with_company(self.company).credit_limit = 500
        self._new_invoice("2026-06-30", amount=600)
        self._cover(date_to="2026-05-31", own_risk_percentage=10)
        before, after = self._position("2026-05-31"), self._position("2026-06-01")
        self.assertEqual((before.limit, before.available), (1400, 800))
        self.assertEqual((after.limit, after.available), (500, -100))
        self.assertEqual((before.cover_lapsed, after.cover_lapsed), (False, True))
        self.assertEqual((before.insured, after.insured), (540, 0))

    def test_a_limit_within_the_cover_shrinks_with_it(self):
        self.company.credit_cover_mode = "within"
        self.debtor.sudo().with_company(self.company).credit_limit = 500
        cover = self._cover(amount=2000, date_from="2026-04-01", date_to="2026-05-31")
        # Before there ever was one, the limit is what it is.
        self.assertEqual(self._position("2026-03-31").limit, 500)
        self.assertEqual(self._position("2026-05-31").limit, 500)
        self.assertEqual(self._position("2026-06-01").limit, 0)
        cover.amount = 300
        self.assertEqual(self._position("2026-05-31").limit, 300)

    def test_covers_of_another_company_do_not_count(self):
        other = self.setup_other_company(name="Other")["company"]
        self._cover(company_id=other.id)
        self.assertEqual(self._position().cover, 0)
        user = self.collector
        user.company_ids = [Command.set(self.company.ids)]
        self.assertFalse(self.covers.with_user(user).search([("company_id", "=", other.id)]))

    # === REPORTING ===#
    def test_the_deadline_is_that_of_the_oldest_overdue_item(self):
        cover = self._cover(report_days=60)
        no_duty = self._cover()
        self._new_invoice("2026-04-30", amount=100)
        oldest = self._new_invoice("2026-03-31", amount=50)
        self._new_invoice("2026-06-30", amount=7)
        self._new_invoice("2026-04-15", partner=self._new_debtor("Debtor Two"), amount=9)
        with self._frozen("2026-03-31"):
            self.assertFalse(cover.report_deadline)
        with self._frozen("2026-05-10"):
            self.env.invalidate_all()
            self.assertEqual(cover.report_deadline, date(2026, 5, 30))
            self.assertEqual(cover.report_days_left, 20)
            self.assertEqual(cover.report_amount, 150)
            self.assertFalse(no_duty.report_deadline)
            self._pay(oldest, 50, "2026-05-09")
            self.env.invalidate_all()
            self.assertEqual(cover.report_deadline, date(2026, 6, 29))

    def test_the_deadline_can_be_searched(self):
        cover = self._cover(report_days=60)
        idle = self._cover(report_days=60, partner_id=self._new_debtor("Debtor Two").id)
        self._new_invoice("2026-03-31")
        with self._frozen("2026-05-10"):
            for domain, found in (
                ([("report_deadline", "!=", False)], cover),
                ([("report_deadline", "=", False)], idle),
                ([("report_deadline", "=", "2026-05-30")], cover),
                ([("report_deadline", "<=", "2026-05-30")], cover),
                ([("report_deadline", "<", "2026-05-30")], self.covers),
                ([("report_deadline", ">", "2026-05-29")], cover),
                ([("report_deadline", "<=", "today +14d")], self.covers),
                ([("report_deadline", "<=", "today +20d")], cover),
            ):
                with self.subTest(domain):
                    domain = [*domain, ("company_id", "=", self.company.id)]
                    self.assertEqual(self.covers.search(domain), found)

    def test_only_what_was_invoiced_while_it_was_valid_is_reported(self):
        old = self._cover(date_from="2025-01-01", date_to="2026-03-10", report_days=60)
        new = self._cover(date_from="2026-03-11", report_days=90)
        self._new_invoice("2026-03-31", amount=100)
        self._new_invoice("2026-04-30", amount=200)
        with self._frozen("2026-05-10"):
            self.assertEqual((old.report_amount, new.report_amount), (100, 200))
            self.assertEqual(old.report_deadline, date(2026, 5, 30))
            self.assertEqual(new.report_deadline, date(2026, 7, 29))

    def test_the_manager_is_asked_two_weeks_before_and_once(self):
        cover = self._cover(report_days=60)
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._review("2026-05-15")
        self.assertFalse(self._activities(cover, REPORT))
        self._review("2026-05-16")
        activity = self._activities(cover, REPORT)
        self.assertEqual(activity.date_deadline, date(2026, 5, 30))
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn("Debtor One", activity.summary)
        self._review("2026-05-17")
        self.assertEqual(self._activities(cover, REPORT), activity)
        activity.action_done()
        self._review("2026-05-18")
        self.assertFalse(self._activities(cover, REPORT))
        self.assertEqual(len(self._activities(cover, REPORT, done=True)), 1)
        # What falls due later has a deadline of its own.
        later = self._new_invoice("2026-04-10", amount=30)
        self._pay(invoice, 100, "2026-05-18")
        self._review("2026-05-27")
        self.assertEqual(self._activities(cover, REPORT).date_deadline, date(2026, 6, 9))
        self._pay(later, 30, "2026-05-28")
        self._review("2026-05-28")
        self.assertFalse(self._activities(cover, REPORT))

    def test_without_a_credit_manager_the_contact_or_an_administrator_is_asked(self):
        company = self.company
        self.assertEqual(company._get_credit_user(), self.manager)
        company.credit_user_id = self.salesman  # may not see what is asked of him
        company.dunning_user_id = self.collector
        self.assertEqual(company._get_credit_user(), self.collector)
        company.credit_user_id = company.dunning_user_id = False
        self.assertEqual(company._get_credit_user(), self.env.ref("base.user_admin"))

    def test_reporting_ends_the_activity_and_is_kept(self):
        cover = self._cover(report_days=60).with_user(self.collector)
        first = self._new_invoice("2026-03-31", amount=100)
        second = self._new_invoice("2026-04-01", amount=20)
        self._review("2026-05-20")
        self.assertTrue(self._activities(cover, REPORT))
        with self._frozen("2026-05-20"):
            action = cover.action_report()
            form = Form(
                self.env[action["res_model"]]
                .with_user(self.collector)
                .with_context(**action["context"])
            )
            self.assertEqual(form.amount, 120)
            form.reference = "R-77"
            form.move_line_ids.remove(id=self._items(second).id)
            wizard = form.save()
            self.assertFalse(cover.report_ids)  # opening the dialog reports nothing
            wizard.action_confirm()
            report = cover.report_ids
        self.assertEqual(report.move_line_ids, self._items(first))
        self.assertEqual((report.amount, report.user_id), (100, self.collector))
        self.assertEqual(report.date, date(2026, 5, 20))
        with self._frozen("2026-05-20"):
            self.env.invalidate_all()
            self.assertEqual(cover.report_deadline, date(2026, 5, 31))
            self.assertEqual(cover.report_amount, 20)
            activity = self._activities(cover, REPORT)
            self.assertEqual(activity.date_deadline, date(2026, 5, 31))
            self.env["credit.cover.report"].with_user(self.collector).create({"cover_id": cover.id})
            self.env.invalidate_all()
            self.assertFalse(cover.report_deadline)
            self.assertFalse(self._activities(cover, REPORT))
            with self.assertRaises(UserError):
                cover.action_report()
        self.assertIn(first.name, "".join(cover.sudo().message_ids.mapped("body")))
        # The amount is that of the day of the report.
        self._pay(first, 100, "2026-05-21")
        self.assertEqual(report.amount, 100)

    def test_a_report_is_of_the_debtor_and_stays(self):
        cover = self._cover(report_days=60)
        invoice = self._new_invoice("2026-03-31")
        stranger = self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        reports = self.env["credit.cover.report"].with_user(self.collector)
        with self._frozen("2026-05-20"):
            values = {"cover_id": cover.id, "date": "2026-05-20"}
            for lines in (self._items(stranger), invoice.line_ids - self._items(invoice)):
                with self.assertRaises(ValidationError):
                    reports.create({**values, "move_line_ids": [Command.set(lines.ids)]})
            with self.assertRaises(ValidationError):
                reports.create({**values, "move_line_ids": []})
            with self.assertRaises(ValidationError):
                reports.create({**values, "date": "2026-05-21"})
            report = reports.create({**values, "user_id": self.manager.id})
            self.assertEqual(report.user_id, self.collector)
            with self.assertRaises(AccessError):
                report.reference = "Other"
            with self.assertRaises(AccessError):
                report.unlink()
            with self.assertRaises(AccessError):
                reports.with_user(self.salesman).search([])
            report.with_user(self.manager).unlink()
            self.env.invalidate_all()
            self.assertEqual(cover.report_deadline, date(2026, 5, 30))

    def test_salespeople_read_covers_and_change_none(self):
        cover = self._cover(report_days=60).with_user(self.salesman)
        self._new_invoice("2026-03-31")
        with self._frozen("2026-05-20"):
            self.assertEqual(cover.report_deadline, date(2026, 5, 30))
            self.assertEqual(cover.state, "valid")
            with self.assertRaises(AccessError):
                cover.amount = 1_000_000

    def test_a_list_takes_as_many_queries_for_ten_times_the_covers(self):
        def read(count):
            covers = self.covers
            for number in range(count):
                debtor = self._new_debtor(f"Debtor {count}-{number}")
                self._new_invoice("2026-03-31", partner=debtor)
                covers |= self._cover(partner_id=debtor.id, report_days=60)
            self.env.flush_all()
            self.env.invalidate_all()
            with self._frozen("2026-05-10"):
                before = self.env.cr.sql_log_count
                covers.read(["report_deadline", "report_days_left", "state", "replaced", "warning"])
                return self.env.cr.sql_log_count - before

        read(1)
        self.assertEqual(read(10), read(2))

    # === RENEWAL ===#
    def test_a_new_cover_is_asked_for_in_time_and_once(self):
        cover = self._cover(date_to="2026-06-30")
        endless = self._cover(kind="guarantee")
        self._review("2026-05-30")
        self.assertFalse(self._activities(cover, RENEWAL))
        self._review("2026-05-31")
        activity = self._activities(cover, RENEWAL)
        self.assertEqual(activity.date_deadline, date(2026, 6, 30))
        self.assertEqual(activity.user_id, self.manager)
        self._review("2026-07-02")
        self.assertEqual(self._activities(cover, RENEWAL), activity)
        activity.unlink()
        self._review("2026-07-03")
        self.assertFalse(self._activities(cover, RENEWAL))
        self.assertFalse(self._activities(endless, RENEWAL))

    def test_a_successor_or_a_later_end_takes_the_question_away(self):
        cover = self._cover(date_to="2026-06-30")
        self._review("2026-06-15")
        self.assertTrue(self._activities(cover, RENEWAL))
        cover.date_to = "2026-07-05"
        self._review("2026-06-16")
        self.assertEqual(self._activities(cover, RENEWAL).date_deadline, date(2026, 7, 5))
        cover.date_to = "2027-06-30"
        self._review("2026-06-17")
        self.assertFalse(self._activities(cover, RENEWAL))
        self._review("2027-06-01")
        self.assertEqual(self._activities(cover, RENEWAL).date_deadline, date(2027, 6, 30))
        self._cover(date_from="2027-07-01", date_to="2028-06-30")
        self._review("2027-06-02")
        self.assertFalse(self._activities(cover, RENEWAL))
        self.assertTrue(cover.replaced)
        self.assertIn(cover, self.covers.search([("replaced", "=", True)]))
        self.assertNotIn(cover, self.covers.search([("replaced", "=", False)]))

    def test_a_raise_replaces_nothing(self):
        base = self._cover(date_to="2026-12-31")
        raised = self._cover(date_from="2026-04-01", date_to="2026-06-30", amount=500)
        other_kind = self._cover(kind="factoring", date_from="2027-01-01")
        other_debtor = self._cover(
            partner_id=self._new_debtor("Debtor Two").id, date_from="2027-01-01"
        )
        endless = self._cover(date_from="2026-05-01", amount=300)
        self.assertFalse((base | other_kind | other_debtor | endless).filtered("replaced"))
        self.assertFalse(raised.replaced)
        self._review("2026-06-15")
        self.assertTrue(self._activities(raised, RENEWAL))
        self.assertFalse(self._activities(base, RENEWAL))

    def test_history_and_archived_covers_ask_nothing(self):
        old = self._cover(date_from="2024-01-01", date_to="2025-06-30")
        archived = self._cover(date_to="2026-06-30", active=False)
        self._review("2026-06-15")
        self.assertFalse(self._activities(old, RENEWAL))
        self.assertFalse(self._activities(archived, RENEWAL))

    def test_the_daily_action_reviews_every_company_and_goes_on_after_a_failure(self):
        cover = self._cover(date_to=fields.Date.today() + timedelta(days=5))
        broken = self.setup_other_company(name="Broken")["company"]
        models = self.env.registry["credit.cron"]
        original = models._review_company

        def review(cron, company):
            if company == broken:
                raise ValueError("broken")
            return original(cron, company)

        self.patch(models, "_review_company", review)
        with (
            self.enter_registry_test_mode(),
            mute_logger("odoo.addons.account_credit_management.models.credit_cron"),
        ):
            self.env.ref("account_credit_management.ir_cron_credit_reviews").method_direct_trigger()
        self.assertTrue(self._activities(cover, RENEWAL))

    def test_the_debtor_opens_its_covers(self):
        cover = self._cover(date_from="2025-01-01", date_to="2025-12-31")
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.debtor.id})
        action = contact.with_user(self.collector).action_open_credit_covers()
        self.assertEqual(self.covers.search(action["domain"]), cover)
        self.assertEqual(action["context"]["default_partner_id"], self.debtor.id)
