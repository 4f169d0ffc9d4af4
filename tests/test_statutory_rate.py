from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open, mute_logger

from ..models.statutory_rate import KINDS
from ..models.statutory_rate_review import ACTIVITY
from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestStatutoryRate(CreditManagementCommon):
    """Rates of interest by law: what is known of them, who may say so, and who hears of gaps."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.nl")
        cls.rates = cls.env["statutory.rate"]
        # No rate is in use outside these tests.
        cls.rates.search([("used_on", "!=", False)]).used_on = False
        (cls.env["res.company"].search([]) - cls.company).country_id = False

    # === HELPERS ===#
    def _rate(self, kind, day):
        return self.rates.search([("kind", "=", kind), ("valid_from", "=", day)])

    def _percents(self, kind, first, until):
        rates = self.rates._get_rates(kind, fields.Date.to_date(first), fields.Date.to_date(until))
        return [(str(rate.valid_from), rate.percentage) for rate in rates]

    def _alarms(self, day):
        """The activities that the daily action leaves, by kind."""
        with self._frozen(day):
            self.rates._review_alarms()
        activities = self.env["mail.activity"].search(
            [("activity_type_id", "=", self.env.ref(ACTIVITY).id)]
        )
        return {self.rates.browse(activity.res_id).kind: activity for activity in activities}

    @contextmanager
    def _refused(self):
        """What the database itself refuses."""
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            yield

    def _confirm_all(self):
        self.rates.search([("checked_on", "=", False)]).checked_on = "2026-11-22"

    # === WHAT IS KNOWN ===#
    def test_rates_as_published(self):
        for kind, day, percentage in (
            ("nl_commercial", "2013-03-16", 8.75),
            ("nl_commercial", "2023-07-01", 12.0),
            ("nl_commercial", "2026-07-01", 10.4),
            ("nl_consumer", "2015-01-01", 2.0),
            ("nl_consumer", "2014-07-01", 3.0),
            ("nl_consumer", "2026-07-01", 4.0),
            ("be_commercial", "2024-07-01", 12.5),
            ("be_commercial", "2025-01-01", 11.5),
            ("be_commercial", "2026-07-01", 10.5),
            ("de_commercial", "2025-07-01", 10.27),
            ("de_consumer", "2026-07-01", 6.52),
            ("fr_default", "2026-07-01", 12.4),
            ("fr_legal", "2026-01-01", 2.62),
        ):
            with self.subTest(kind=kind, day=day):
                self.assertEqual(self._rate(kind, day).percentage, percentage)
        self.assertEqual({rate.kind for rate in self.rates.search([])}, set(KINDS))
        self.assertFalse(self._rate("fr_legal", "2026-07-01"), "not published, so not there")

    def test_derived_rates_are_to_be_confirmed(self):
        for kind, day in (
            ("be_commercial", "2026-07-01"),
            ("fr_default", "2026-07-01"),
            ("de_commercial", "2015-01-01"),
        ):
            self.assertFalse(self._rate(kind, day).checked_on)
        self.assertTrue(self._rate("nl_commercial", "2026-07-01").checked_on)

    def test_every_rate_names_its_law(self):
        self.assertFalse(self.rates.search([("source", "=", False)]))

    def test_rates_of_a_period(self):
        self.assertEqual(
            self._percents("nl_commercial", "2025-06-16", "2025-08-15"),
            [("2025-01-01", 11.15), ("2025-07-01", 10.15)],
        )
        self.assertEqual(
            self._percents("nl_commercial", "2013-03-15", "2013-03-16"),
            [("2013-01-01", 7.75), ("2013-03-16", 8.75)],
        )
        self.assertEqual(self._percents("nl_commercial", "2026-12-31", "2026-12-31")[0][1], 10.4)
        self.assertFalse(self.rates._get_rates("nl_commercial", date(2026, 2, 2), date(2026, 2, 1)))

    def test_known_until_the_half_year_ends(self):
        rate = self._rate("nl_commercial", "2026-07-01")
        self.assertEqual(rate.valid_until, date(2026, 12, 31))
        with self.assertRaisesRegex(UserError, "Netherlands: commercial.*01/01/2027"):
            self._percents("nl_commercial", "2026-12-01", "2027-01-01")
        self.assertEqual(self._rate("nl_commercial", "2013-01-01").valid_until, date(2013, 3, 15))
        self.assertEqual(self._rate("be_civil", "2026-01-01").valid_until, date(2026, 12, 31))

    def test_gaps_are_not_bridged(self):
        with self.assertRaisesRegex(UserError, "01/01/2014"):
            self._percents("be_civil", "2013-12-01", "2015-02-01")
        self._rate("nl_commercial", "2020-07-01").active = False
        with self.assertRaisesRegex(UserError, "07/01/2020"):
            self._percents("nl_commercial", "2020-06-01", "2021-06-01")
        with self.assertRaisesRegex(UserError, "01/01/1990"):
            self._percents("nl_commercial", "1990-01-01", "2026-01-01")

    def test_percentage_is_exact(self):
        rate = self._rate("nl_commercial", "2025-07-01")
        self.assertEqual(rate._get_percent(), Decimal("10.15"))

    # === CHANGES ===#
    def test_one_rate_per_kind_and_day(self):
        values = {"kind": "nl_commercial", "valid_from": "2026-07-01", "percentage": 9}
        with self._refused():
            self.rates.create(values)
        self._rate("nl_commercial", "2026-07-01").active = False
        self.rates.create(values)
        self.assertEqual(self._percents("nl_commercial", "2026-07-02", "2026-07-02")[0][1], 9.0)

    def test_an_empty_percentage_is_no_rate(self):
        with self._refused():
            self.rates.create({"kind": "fr_legal", "valid_from": "2026-07-01"})

    def test_used_rates_stay(self):
        rate = self._rate("nl_commercial", "2026-07-01")
        rate._mark_used()
        self.assertTrue(rate.used_on)
        for values in ({"percentage": 9}, {"valid_from": "2026-07-02"}, {"kind": "nl_consumer"}):
            with self.assertRaises(UserError):
                rate.write(values)
        with self.assertRaises(UserError):
            rate.unlink()
        # What changes nothing, and what is known besides, may be written.
        rate.write({"percentage": 10.4, "source": "rijksoverheid.nl"})
        rate.active = False
        unused = self._rate("nl_commercial", "2011-07-01")
        unused.unlink()
        self.assertFalse(unused.exists())

    def test_a_changed_rate_is_to_be_confirmed_again(self):
        rate = self._rate("nl_commercial", "2026-07-01")
        rate.source = "Another source"
        self.assertTrue(rate.checked_on)
        rate.percentage = 10.5
        self.assertFalse(rate.checked_on)

    def test_confirm(self):
        rate = self._rate("be_commercial", "2026-07-01")
        with self._frozen("2026-11-23"):
            rate.with_user(self.manager).action_confirm()
        self.assertEqual(rate.checked_on, date(2026, 11, 23))
        self.assertEqual(rate.checked_by_id, self.manager)

    def test_roles(self):
        rate = self._rate("nl_commercial", "2026-07-01")
        reader = rate.with_user(self.collector)
        self.assertEqual(reader.percentage, 10.4)
        for call in (
            lambda: reader.write({"percentage": 9}),
            reader.action_confirm,
            reader.unlink,
            lambda: rate.with_user(self.salesman).read(["percentage"]),
        ):
            with self.assertRaises(AccessError):
                call()
        with Form(self.rates.with_user(self.manager)) as form:
            form.kind = "nl_commercial"
            form.valid_from = "2027-01-01"
            form.percentage = 10.65
        self.assertEqual(self._percents("nl_commercial", "2027-01-05", "2027-01-06")[0][1], 10.65)

    # === FILES ===#
    def test_import_of_the_template(self):
        [template] = self.rates.get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            content = file.read()
        wizard = (
            self.env["base_import.import"]
            .with_user(self.manager)
            .create(
                {
                    "res_model": "statutory.rate",
                    "file": content,
                    "file_name": "rates.xlsx",
                    "file_type": "application/vnd.openxmlformats-officedocument"
                    ".spreadsheetml.sheet",
                }
            )
        )
        options = {"has_headers": True, "quoting": '"', "separator": ",", "date_format": "%Y-%m-%d"}
        preview = wizard.parse_preview(options)
        matched = [preview["matches"][column][0] for column in sorted(preview["matches"])]
        self.assertEqual(matched, ["kind", "valid_from", "percentage", "source", "checked_on"])

    def test_import_of_rates(self):
        columns = ["kind", "valid_from", "percentage", "source", "checked_on"]
        result = self.rates.with_user(self.manager).load(
            columns,
            [
                ["Netherlands: commercial", "2027-01-01", "10.65", "Government Gazette", ""],
                ["be_commercial", "2027-01-01", "11", "Moniteur", "2027-03-01"],
            ],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._percents("be_commercial", "2027-02-01", "2027-02-01")[0][1], 11.0)
        self.assertFalse(self._rate("nl_commercial", "2027-01-01").checked_on)

    def test_an_update_keeps_what_was_entered_before(self):
        entered = self.rates.create(
            {"kind": "fr_legal", "valid_from": "2026-07-01", "percentage": 2.7}
        )
        data = {
            "xml_id": "account_credit_management.statutory_rate_fr_legal_20260701",
            "noupdate": True,
            "values": {"kind": "fr_legal", "valid_from": "2026-07-01", "percentage": 9.9},
        }
        loader = self.rates.with_context(install_module="account_credit_management")
        loader._load_records([data], True)
        self.assertEqual(self._rate("fr_legal", "2026-07-01"), entered)
        self.assertEqual(entered.percentage, 2.7)
        self.assertEqual(self.env.ref(data["xml_id"]), entered)

    # === ALARM ===#
    def test_alarm_when_the_half_year_is_over(self):
        self._new_invoice("2026-06-01")
        self._confirm_all()
        self.assertFalse(self._alarms("2026-12-31"))
        [(kind, alarm)] = self._alarms("2027-01-01").items()
        self.assertEqual(kind, "nl_commercial")
        self.assertIn("Add the rate", alarm.summary)
        self.assertIn("01/01/2027", alarm.summary)
        self.assertEqual(alarm.user_id, self.env.ref("base.user_admin"))
        self.assertEqual(self._alarms("2027-01-02"), {kind: alarm}, "asked once")
        self.rates.create(
            {
                "kind": kind,
                "valid_from": "2027-01-01",
                "percentage": 10.65,
                "checked_on": "2027-01-02",
            }
        )
        self.assertFalse(self._alarms("2027-01-03"))

    def test_alarm_for_a_rate_that_nobody_confirmed(self):
        self.company.country_id = self.env.ref("base.be")
        self.company.credit_user_id = self.manager
        self._new_invoice("2026-06-01")
        [(kind, alarm)] = self._alarms("2026-11-22").items()
        self.assertEqual(kind, "be_commercial")
        self.assertIn("Confirm the rate", alarm.summary)
        self.assertEqual(alarm.user_id, self.manager)
        with self._frozen("2026-11-23"):
            self.rates.browse(alarm.res_id).with_user(self.manager).action_confirm()
        self.assertFalse(alarm.exists())
        self.assertFalse(self._alarms("2026-11-23"))

    def test_no_alarm_about_kinds_that_nobody_owes(self):
        self.assertFalse(self._alarms("2027-01-01"), "nobody was invoiced")
        self.company.country_id = self.env.ref("base.us")
        self._new_invoice("2026-06-01")
        self.assertFalse(self._alarms("2027-01-01"), "no law of this country is known")
        self._rate("de_consumer", "2026-07-01")._mark_used()
        self.assertEqual(set(self._alarms("2027-01-01")), {"de_consumer"})
        self.company.interest_kind_business = "be_commercial"
        self.assertEqual(set(self._alarms("2027-01-01")), {"de_consumer", "be_commercial"})

    def test_daily_action(self):
        self._new_invoice("2026-06-01")
        self._confirm_all()
        cron = self.env.ref("account_credit_management.ir_cron_statutory_rate")
        with self.enter_registry_test_mode(), self._frozen("2027-01-04"):
            cron.method_direct_trigger()
        self.assertEqual(len(self.rates.search([]).activity_ids), 1)
