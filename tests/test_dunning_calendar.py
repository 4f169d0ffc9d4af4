from datetime import date, datetime
from time import perf_counter
from unittest.mock import ANY, patch

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .outbox_day_common import OutboxDayCase

RUN = "odoo.addons.account_credit_management.models.dunning_run_propose"
RUN_MODEL = "odoo.addons.account_credit_management.models.dunning_run"
# The fourth of April 2026 is a Saturday, the sixth is Easter Monday.
SATURDAY = date(2026, 4, 4)


@tagged("post_install", "-at_install")
class TestDunningCalendar(OutboxDayCase):
    """Working days, public holidays and the hours at which messages leave the house."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.nl")
        cls.company.partner_id.tz = "Europe/Amsterdam"
        cls.run_cron = cls.env.ref("account_credit_management.ir_cron_run_dunning").sudo()

    def _set_hours(self, start, end):
        self.company.write({"dunning_send_from": start, "dunning_send_until": end})

    def _notices(self):
        return self.env["dunning.notice"].search([("company_id", "=", self.company.id)])

    # === DAYS ===#
    def test_weekends_and_public_holidays_are_closed(self):
        closed = self.company._get_dunning_closed_days(date(2026, 4, 1), date(2026, 4, 30))
        self.assertEqual(
            [day.day for day in closed],
            # Good Friday, Easter Monday and King's Day between the weekends
            [3, 4, 5, 6, 11, 12, 18, 19, 25, 26, 27],
        )
        self.assertFalse(self.company._is_dunning_working_day(SATURDAY))
        self.assertTrue(self.company._is_dunning_working_day(date(2026, 4, 7)))
        self.assertEqual(
            self.company._get_next_dunning_working_day(date(2026, 4, 2)), date(2026, 4, 2)
        )
        self.assertEqual(
            self.company._get_next_dunning_working_day(date(2026, 4, 3)), date(2026, 4, 7)
        )

    def test_holidays_cross_the_year(self):
        closed = self.company._get_dunning_closed_days(date(2026, 12, 24), date(2027, 1, 4))
        self.assertEqual(
            [day.isoformat()[5:] for day in closed],
            ["12-25", "12-26", "12-27", "01-01", "01-02", "01-03"],
        )

    def test_company_that_works_on_saturdays(self):
        self.company.dunning_saturday = True
        self.assertTrue(self.company._is_dunning_working_day(SATURDAY))
        self.assertFalse(self.company._is_dunning_working_day(date(2026, 4, 5)), "Sunday")
        self.assertFalse(
            self.company._is_dunning_working_day(date(2026, 12, 26)), "a holiday on a Saturday"
        )

    def test_without_a_known_country_weekends_count_alone(self):
        days = date(2026, 4, 3), date(2026, 4, 7)
        weekend = [date(2026, 4, 4), date(2026, 4, 5)]
        self.company.country_id = False
        self.assertEqual(self.company._get_dunning_closed_days(*days), weekend)
        self.company.country_id = self.env["res.country"].create({"name": "Utopia", "code": "ZZ"})
        self.assertEqual(self.company._get_dunning_closed_days(*days), weekend)

    def test_holidays_of_another_country_and_of_its_states(self):
        germany = self.env.ref("base.de")
        bavaria = self.env["res.country.state"].search(
            [("country_id", "=", germany.id), ("name", "=", "Bayern")]
        )
        epiphany = date(2026, 1, 6)
        self.assertTrue(self.company._is_dunning_working_day(epiphany))
        self.company.country_id = germany
        self.assertTrue(self.company._is_dunning_working_day(epiphany), "not in all of Germany")
        self.company.state_id = bavaria
        self.assertFalse(self.company._is_dunning_working_day(epiphany))
        self.assertTrue(self.company._is_dunning_working_day(date(2026, 4, 27)), "a Dutch holiday")

    def test_state_found_by_name_or_with_the_country_in_its_code(self):
        kingdom = self.env.ref("base.uk")
        scotland = self.env["res.country.state"].create(
            {"name": "Scotland", "code": "XSC", "country_id": kingdom.id}
        )
        second = date(2026, 1, 2)
        self.company.write({"country_id": kingdom.id, "state_id": False})
        self.assertTrue(self.company._is_dunning_working_day(second))
        self.company.state_id = scotland
        self.assertFalse(self.company._is_dunning_working_day(second))
        scotland.write({"name": "Alba", "code": "GB-SCT"})
        self.assertFalse(self.company._is_dunning_working_day(second))

    def test_year_and_more_of_closed_days_takes_milliseconds(self):
        days = date(2026, 1, 1), date(2027, 2, 4)
        self.company._get_dunning_closed_days(*days)
        start = perf_counter()
        self.company._get_dunning_closed_days(*days)
        self.assertLess(perf_counter() - start, 0.05)

    # === THE DAILY RUN ===#
    def test_nothing_is_proposed_on_a_day_off_and_the_next_working_day_catches_up(self):
        self._new_invoice("2026-03-28")  # the first reminder is due on Saturday
        for day in ("2026-04-04", "2026-04-05", "2026-04-06"):
            with patch(f"{RUN}._logger.info") as info:
                self._trigger(self.run_cron, f"{day} 09:00:00")
            info.assert_any_call(ANY, self.company.name, date.fromisoformat(day))
            self.assertFalse(self._notices(), day)
        self._trigger(self.run_cron, "2026-04-07 09:00:00")
        self.assertEqual(self._notices().mapped("state"), ["sent"])
        self.assertEqual(self._notices().sent_date, date(2026, 4, 7))

    def test_missed_day_is_caught_up_once(self):
        self._new_invoice("2026-03-31", amount=1)
        self._new_invoice("2026-04-01", self._new_debtor("Debtor Two"), amount=2)
        # Both fell due for a reminder on days on which the server was down.
        self._trigger(self.run_cron, "2026-04-10 09:00:00")
        self._trigger(self.run_cron, "2026-04-10 15:00:00")
        self.assertEqual(sorted(self._notices().mapped("amount_total")), [1, 2])
        self.assertEqual(set(self._notices().mapped("state")), {"sent"})

    def test_day_off_is_that_of_each_company(self):
        """King's Day is a working day in Belgium."""
        other = self.setup_other_company(name="Other Seller")["company"]
        other.write({"country_id": self.env.ref("base.be").id, "email": "other@seller.example"})
        with patch.object(self.env.registry["dunning.run"], "_propose_automatically") as propose:
            self._trigger(self.run_cron, "2026-04-27 09:00:00")
        companies = {call.args[0] for call in propose.call_args_list}
        self.assertIn(other, companies)
        self.assertNotIn(self.company, companies)

    def test_day_off_is_judged_in_the_time_zone_of_the_company(self):
        """Friday evening in Amsterdam is Saturday morning in Auckland."""
        self._new_invoice("2026-03-28")
        self.company.partner_id.tz = "Pacific/Auckland"
        self._trigger(self.run_cron, "2026-04-10 19:00:00")
        self.assertFalse(self._notices())

    def test_proposing_by_hand_works_on_a_day_off(self):
        self._new_invoice("2026-03-28")
        run = self.env["dunning.run"].create({"date": SATURDAY, "company_id": self.company.id})
        run.action_propose()
        self.assertEqual(len(run.notice_ids), 1)

    # === HOURS ===#
    def test_whole_day_means_at_any_moment(self):
        for moment in (datetime(2026, 4, 4, 3), datetime(2026, 4, 7, 23, 59)):
            self.assertTrue(self.company._is_dunning_send_time(moment))
            self.assertEqual(self.company._get_next_dunning_send_time(moment), moment)

    def test_hours_are_those_of_the_company_in_summer_and_winter(self):
        self._set_hours(8, 20)
        summer, winter = date(2026, 4, 7), date(2026, 1, 6)
        for day, opens, closes in ((summer, 6, 18), (winter, 7, 19)):
            at = datetime.combine(day, datetime.min.time()).replace
            self.assertFalse(self.company._is_dunning_send_time(at(hour=opens - 1, minute=59)))
            self.assertTrue(self.company._is_dunning_send_time(at(hour=opens)))
            self.assertTrue(self.company._is_dunning_send_time(at(hour=closes - 1, minute=59)))
            self.assertFalse(self.company._is_dunning_send_time(at(hour=closes)))
            self.assertEqual(
                self.company._get_next_dunning_send_time(at(hour=opens - 3)), at(hour=opens)
            )

    def test_next_opening_skips_days_off_and_the_change_of_the_clock(self):
        self._set_hours(8.5, 17)
        opening = self.company._get_next_dunning_send_time
        # After closing on Thursday: Easter follows, and the clock is ahead since Sunday.
        self.assertEqual(opening(datetime(2026, 4, 2, 16)), datetime(2026, 4, 7, 6, 30))
        # Friday before the clock goes ahead, in winter time, to Monday in summer time.
        self.assertEqual(opening(datetime(2026, 3, 27, 17)), datetime(2026, 3, 30, 6, 30))
        self.assertEqual(opening(datetime(2026, 10, 23, 17)), datetime(2026, 10, 26, 7, 30))
        self.assertEqual(opening(datetime(2026, 4, 4, 12)), datetime(2026, 4, 7, 6, 30))

    def test_hour_that_the_clock_skips(self):
        self.company.country_id = False
        # In Cairo clocks go ahead at midnight, on a Friday.
        self.company.partner_id.tz = "Africa/Cairo"
        self._set_hours(0.5, 3)
        opening = self.company._get_next_dunning_send_time(datetime(2026, 4, 23, 20))
        self.assertEqual(opening, datetime(2026, 4, 23, 22, 30))
        self.assertTrue(self.company._is_dunning_send_time(opening))

    def test_time_zone_without_a_setting_is_that_of_the_country(self):
        self.company.partner_id.tz = False
        self.env.user.tz = False
        self.assertEqual(self.company._get_dunning_timezone().zone, "Europe/Amsterdam")
        self.company.country_id = False
        self.assertEqual(self.company._get_dunning_timezone().zone, "UTC")

    # === SENDING ===#
    def test_outbox_waits_for_the_opening_and_wakes_up_by_itself(self):
        self._set_hours(8, 20)
        notices = self._ready("2026-04-03").notice_ids
        self._planned().unlink()
        self._trigger(self.send_cron, "2026-04-04 10:00:00")
        self.assertEqual(notices.state, "ready", "no messages on a Saturday")
        self.assertEqual(self._planned().mapped("call_at"), [datetime(2026, 4, 7, 6)])
        self._trigger(self.send_cron, "2026-04-04 11:00:00")
        self.assertEqual(len(self._planned()), 1, "one alarm clock is enough")
        self._trigger(self.send_cron, "2026-04-07 05:59:00")
        self.assertEqual(notices.state, "ready")
        self._trigger(self.send_cron, "2026-04-07 06:00:00")
        self.assertEqual(notices.state, "sent")

    def test_nothing_to_send_plans_nothing(self):
        self._set_hours(8, 20)
        self._planned().unlink()
        self._trigger(self.send_cron, "2026-04-04 10:00:00")
        self.assertFalse(self._planned())

    def test_company_that_is_closed_does_not_hold_up_another(self):
        notices = self._ready("2026-04-03").notice_ids
        other = self.setup_other_company(name="Other Seller")["company"]
        other.write({"dunning_send_from": 8, "dunning_send_until": 20})
        foreign = notices.sudo().copy(
            {"name": "REM-OTHER", "company_id": other.id, "run_id": False, "state": "ready"}
        )
        self._trigger(self.send_cron, "2026-04-04 10:00:00")
        self.assertEqual(notices.state, "sent")
        self.assertEqual(foreign.state, "ready")

    def test_window_that_closes_between_two_batches(self):
        self._set_hours(8, 20)
        run = self._ready("2026-04-07", count=3)
        notice_class = self.env.registry["dunning.notice"]
        deliver = notice_class._deliver
        delivery = "odoo.addons.account_credit_management.models.dunning_notice_delivery"
        self.env.flush_all()
        with (
            freeze_time("2026-04-07 17:59:00") as clock,
            patch(f"{delivery}.BATCH_SIZE", 2),
            self.enter_registry_test_mode(),
        ):

            def deliver_slowly(notices, day, **kwargs):
                deliver(notices, day, **kwargs)
                clock.tick(120)

            with patch.object(notice_class, "_deliver", deliver_slowly):
                self.send_cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(sorted(run.notice_ids.mapped("state")), ["ready", "sent", "sent"])

    def test_failed_message_is_tried_again_within_the_hours(self):
        self._set_hours(8, 20)
        notice = self._ready("2026-04-07").notice_ids
        with freeze_time("2026-04-07 17:30:00"):
            notice.sudo()._transition("sending")
            notice.sudo()._fail("Mailbox full")
        retry = notice.retry_date
        self._planned().unlink()
        self._trigger(self.send_cron, "2026-04-07 19:30:00")
        self.assertEqual((notice.state, notice.retry_date), ("failed", retry))
        self.assertEqual(self._planned().mapped("call_at"), [datetime(2026, 4, 8, 6)])
        self._trigger(self.send_cron, "2026-04-08 06:00:00")
        self.assertEqual(notice.state, "sent")

    def test_a_person_sends_at_any_hour(self):
        self._set_hours(8, 20)
        run = self._ready("2026-04-03")
        with freeze_time("2026-04-04 22:00:00"):
            run.with_user(self.collector).action_send()
        self.assertEqual(run.notice_ids.state, "sent")

    def test_many_notices_say_when_they_go_out(self):
        run = self._ready("2026-04-03", count=2).with_user(self.collector)
        with patch(f"{RUN_MODEL}.SEND_AT_ONCE", 1):
            with freeze_time("2026-04-04 10:00:00"):
                message = run.action_send()["params"]["message"]
                self.assertEqual(message, "2 notices are sent in the background.")
            self._set_hours(8, 20)
            with freeze_time("2026-04-04 10:00:00"):
                message = run.action_send()["params"]["message"]
        self.assertIn("from Tuesday 7 April 08:00", message)
        self.assertEqual(run.notice_ids.mapped("state"), ["ready"] * 2)

    # === SETTINGS ===#
    def test_settings_refuse_what_makes_no_sense(self):
        for values, words in (
            ({"dunning_send_from": 9, "dunning_send_until": 9}, "until a later one"),
            ({"dunning_send_from": 20, "dunning_send_until": 8}, "until a later one"),
            ({"dunning_send_from": -1}, "between 0:00 and 24:00"),
            ({"dunning_send_until": 24.5}, "between 0:00 and 24:00"),
            ({"dunning_weekly_cap": -1}, "Messages per week"),
            ({"dunning_emails_per_minute": -1}, "E-mails per minute"),
            ({"dunning_bank_max_age": -1}, "age of bank transactions"),
            ({"dunning_block_review_days": -1}, "pauses are reviewed"),
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(ValidationError, words),
                self.env.cr.savepoint(),
            ):
                self.company.write(values)

    def test_settings_form_saves_both_hours_together(self):
        self._set_hours(8, 12)
        settings = self.env["res.config.settings"].with_company(self.company)
        with Form(settings) as form:
            self.assertEqual((form.dunning_send_from, form.dunning_send_until), (8, 12))
            form.dunning_send_from = 13
            form.dunning_send_until = 18
            form.dunning_weekly_cap = 2
            form.dunning_saturday = True
        self.assertEqual(self.company.dunning_send_from, 13)
        self.assertEqual(self.company.dunning_send_until, 18)
        self.assertEqual(self.company.dunning_weekly_cap, 2)
        self.assertTrue(self.company.dunning_saturday)
        settings.create({"dunning_send_until": 20})
        self.assertEqual(
            (self.company.dunning_send_from, self.company.dunning_send_until), (13, 20)
        )

    def test_closed_days_of_the_company_are_a_pause_of_all_of_it(self):
        invoice = self._new_invoice("2026-03-28")
        settings = self.env["res.config.settings"].with_company(self.company).create({})
        action = settings.action_pause_dunning_of_company()
        pauses = self.env[action["res_model"]].with_context(**action["context"])
        with freeze_time("2026-04-07 09:00:00"), Form(pauses) as form:
            form.date_to = "2026-04-10"
        self.assertEqual(self._reason(invoice, "2026-04-10"), "block")
        self.assertEqual(self._reason(invoice, "2026-04-11"), "remind")
