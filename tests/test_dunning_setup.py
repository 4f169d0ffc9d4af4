from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from ..models.dunning_profile import POSTED_TERM, PROFILES, get_default_keys
from .common import CreditManagementCommon

DAY = "2026-04-15"
# Holidays of five years that can stand between posting a letter and receiving it.
FIXED_HOLIDAYS = ((1, 1), (4, 27), (5, 1), (5, 5), (7, 21), (8, 15), (11, 1), (12, 25), (12, 26))
EASTERS = (date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2028, 4, 16))
MOVABLE_HOLIDAYS = (-2, 1, 39, 50)


class DunningSetupCommon(CreditManagementCommon):
    """A Dutch company that was not set up, with debtors of every kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"country_id": cls.env.ref("base.nl").id, "dunning_policy_id": False, "phone": "020"}
        )
        cls.cron = cls.env.ref("account_credit_management.ir_cron_run_dunning")
        cls.debtors = {
            (kind, country): cls._new_debtor(
                f"{kind} {country}",
                is_company=kind != "consumer",
                debtor_kind=kind,
                country_id=country and cls.env.ref(f"base.{country}").id,
            )
            for kind in ("business", "consumer", "government")
            for country in ("nl", "be", "de", "us", False)
        }

    def _open(self, *keys, user=None, **values):
        """The assistant as ``user`` sees it, with only these profiles ticked."""
        setup = self.env["dunning.setup"].with_user(user or self.manager).with_company(self.company)
        setup = setup.browse(setup._get_open_action()["res_id"])
        if keys:
            values |= {f"profile_{key}": key in keys for key in PROFILES}
        setup.write(values)
        return setup

    def _policies(self, company=None):
        return self.env["dunning.policy"]._get_with_profile(company or self.company)


@tagged("post_install", "-at_install")
class TestDunningSetup(DunningSetupCommon):
    """The setup assistant: what it makes, for whom, and that it sends nothing."""

    def _in_force(self, kind, country):
        partner = self.debtors[kind, country].with_company(self.company)
        partner.invalidate_recordset()
        return partner.dunning_effective_policy_id.profile

    # === POLICIES ===#
    def test_each_profile_makes_a_ladder_that_can_be_climbed(self):
        for key, profile in PROFILES.items():
            for tone in ("formal", "informal"):
                with self.subTest(profile=key, tone=tone):
                    self._open(key, tone=tone, reset_levels=True).action_finish()
                    policy = self._policies().filtered("active")
                    self.assertEqual(policy.profile, key)
                    self.assertEqual(policy.company_id, self.company)
                    self.assertEqual(self.company.dunning_policy_id, policy)
                    self.assertEqual(policy.debtor_domain, "[]")
                    self.assertEqual(
                        [(level.stage, level.delay_days) for level in policy.level_ids],
                        [(step.stage, step.delay) for step in profile.steps],
                    )
                    for level in policy.level_ids:
                        by_hand = level.stage in ("final", "handover")
                        self.assertEqual(level.release, "manual" if by_hand else "auto")
                        self.assertEqual(bool(level.mail_template_id), level.stage != "handover")

    def test_nothing_follows_a_posted_consumer_notice_within_its_legal_term(self):
        """Fourteen days from the day after receipt; in Belgium from the third working day."""
        holidays = {
            date(year, month, day) for year in range(2025, 2030) for month, day in FIXED_HOLIDAYS
        }
        holidays |= {easter + timedelta(days=gap) for easter in EASTERS for gap in MOVABLE_HOLIDAYS}
        for number in range(4 * 365):
            sent = date(2025, 1, 1) + timedelta(days=number)
            # Dutch post: the second day, Sundays, Mondays and holidays not counted.
            received = self._count_days(sent, 2, holidays, {0, 6})
            last_dutch = received + timedelta(days=14)
            third = self._count_days(sent, 3, holidays, {5, 6})
            last_belgian = third + timedelta(days=13)
            self.assertLessEqual(max(last_dutch, last_belgian), sent + timedelta(days=POSTED_TERM))
        for key, stages in (("nl_consumer", ("final",)), ("be_consumer", ("reminder", "final"))):
            steps = PROFILES[key].steps
            for step, following in zip(steps, steps[1:], strict=False):
                if step.stage in stages:
                    self.assertGreaterEqual(step.term, POSTED_TERM)
                    self.assertGreater(following.gap, POSTED_TERM)
                self.assertGreater(following.gap, step.term)

    def _count_days(self, day, count, holidays, free_weekdays):
        while count:
            day += timedelta(days=1)
            count -= day not in holidays and day.weekday() not in free_weekdays
        return day

    def test_consumers_are_told_a_term_from_receipt_and_the_costs_and_no_date(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.company.currency_id = euro
        self._open("nl_consumer", begin="age", start_date=DAY).action_finish()
        invoice = self._new_invoice("2026-03-01", partner=self.debtors["consumer", "nl"])
        with self._frozen(DAY):
            run = self.env["dunning.run"].create({"company_id": self.company.id, "date": DAY})
            run._propose()
            notice = run.notice_ids.filtered(lambda notice: notice.partner_id == invoice.partner_id)
            self.assertEqual(notice.stage, "final")
            self.assertFalse(notice.pay_before)
            body = notice._render_message()["body"]
        self.assertIn("within fourteen days from the day after you received this e-mail", body)
        self.assertNotIn("Pay by", body)
        self.assertEqual(notice.amount_costs_announced, 40)
        self.assertEqual(notice.amount_total, 100)
        self.assertNotIn("interest", body.lower())

    def test_businesses_and_consumers_get_the_policy_made_for_them(self):
        self._open("nl_business", "nl_consumer").action_finish()
        for country in ("nl", "be", "us", False):
            self.assertEqual(self._in_force("business", country), "nl_business")
            self.assertEqual(self._in_force("government", country), "nl_business")
            self.assertEqual(self._in_force("consumer", country), "nl_consumer")
        invoice = self._new_invoice("2026-03-01", partner=self.debtors["consumer", "nl"])
        level = self.env["dunning.level"].browse(self._decision(invoice, DAY).level_id)
        self.assertEqual(level.policy_id.profile, "nl_consumer")

    def test_countries_are_told_apart(self):
        self._open(*PROFILES).action_finish()
        expected = {
            ("business", "nl"): "nl_business",
            ("business", False): "nl_business",
            ("consumer", "nl"): "nl_consumer",
            ("consumer", False): "nl_consumer",
            ("business", "be"): "be_business",
            ("government", "be"): "be_business",
            ("consumer", "be"): "be_consumer",
            ("business", "de"): "eu",
            ("consumer", "de"): "eu",
            ("business", "us"): "plain",
            ("consumer", "us"): "plain",
        }
        self.assertEqual({debtor: self._in_force(*debtor) for debtor in expected}, expected)
        self.assertEqual(self.company.dunning_policy_id.profile, "plain")

    def test_belgian_seller_is_at_home_in_belgium(self):
        self.company.country_id = self.env.ref("base.be")
        setup = self._open()
        self.assertEqual(setup._get_profile_keys(), ["be_business", "be_consumer"])
        self.assertEqual(setup.letter_window, "right")
        setup.profile_nl_business = True
        setup.action_finish()
        self.assertEqual(self._in_force("business", False), "be_business")
        self.assertEqual(self._in_force("business", "nl"), "nl_business")
        self.assertEqual(self._in_force("consumer", "nl"), "be_consumer")

    def test_defaults_follow_the_country_of_the_company(self):
        self.assertEqual(get_default_keys("NL", True), ["nl_business", "nl_consumer"])
        self.assertEqual(get_default_keys("DE", True), ["eu"])
        self.assertEqual(get_default_keys("US", False), ["plain"])
        self.assertEqual(get_default_keys(False, False), ["plain"])

    # === AGAIN ===#
    def test_running_it_again_makes_no_doubles_and_keeps_what_was_changed(self):
        self._open("nl_business", "nl_consumer").action_finish()
        policies = self._policies()
        business = policies.filtered(lambda policy: policy.profile == "nl_business")
        business.name = "Our own name"
        reminder = business.level_ids.filtered(lambda level: level.stage == "reminder")
        reminder.delay_days = 10
        final = business.level_ids.filtered(lambda level: level.stage == "final")
        own_text = final.mail_template_id.copy()
        final.mail_template_id = own_text

        setup = self._open(tone="informal")
        self.assertEqual(setup._get_profile_keys(), ["nl_business", "nl_consumer"])
        setup.action_finish()
        self.assertEqual(self._policies(), policies)
        self.assertEqual(business.name, "Our own name")
        self.assertEqual(reminder.delay_days, 10)
        self.assertEqual(
            reminder.mail_template_id,
            self.env.ref("account_credit_management.mail_template_reminder_informal"),
        )
        self.assertEqual(final.mail_template_id, own_text, "a chosen text stays")
        self.assertEqual(self._open().tone, "informal")

        levels = policies.level_ids
        self._open(reset_levels=True, tone="formal").action_finish()
        self.assertEqual(reminder.delay_days, 7)
        self.assertEqual(policies.level_ids, levels)

    def test_policy_that_is_ticked_no_longer_is_archived_and_comes_back(self):
        self._open("nl_business", "nl_consumer").action_finish()
        consumer = self._policies().filtered(lambda policy: policy.profile == "nl_consumer")
        self._open("nl_business").action_finish()
        self.assertFalse(consumer.active)
        self.assertEqual(self._in_force("consumer", "nl"), "nl_business")
        self._open("nl_business", "nl_consumer").action_finish()
        self.assertTrue(consumer.active)
        self.assertEqual(len(self._policies()), 2)

    def test_policies_of_others_and_the_shared_one_are_untouched(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        other_setup = self.env["dunning.setup"].with_company(other)
        other_setup.browse(other_setup._get_open_action()["res_id"]).action_finish()
        theirs = self._policies(other)
        self.assertTrue(theirs)
        before = theirs.read(["name", "active", "write_date", "level_ids"])
        shared = self.policy.read(["name", "active", "level_ids", "sequence"])
        self._open(*PROFILES, tone="informal").action_finish()
        self._open("plain").action_finish()
        self.assertEqual(theirs.read(["name", "active", "write_date", "level_ids"]), before)
        self.assertEqual(self.policy.read(["name", "active", "level_ids", "sequence"]), shared)
        self.assertEqual(other.dunning_policy_id, theirs)

    # === STEPS ===#
    def test_four_steps_forth_and_back(self):
        setup = self._open("nl_business")
        steps = []
        for _index in range(4):
            steps.append(setup.step)
            self.assertIn("Step", setup.progress)
            setup.action_next()
        self.assertEqual(steps, ["customers", "tone", "begin", "finish"])
        self.assertEqual(setup.step, "finish")
        for _index in range(4):
            setup.action_back()
        self.assertEqual(setup.step, "customers")
        self.assertFalse(self._policies(), "nothing is made before the end")
        self.assertFalse(self.company.dunning_setup_done)

    def test_answers_that_cannot_work_are_refused_at_their_step(self):
        setup = self._open("nl_business")
        setup.profile_nl_business = False
        with self.assertRaisesRegex(UserError, "at least one"):
            setup.action_next()
        for step, values in (
            ("tone", {"reply_email": "nobody"}),
            ("begin", {"minimum_amount": -1}),
            ("finish", {"test_email": "nobody"}),
            ("finish", {"send_from": 21, "send_until": 8}),
            ("finish", {"weekly_cap": -1}),
        ):
            setup = self._open("nl_business", step=step, **values)
            with self.subTest(step), self.assertRaises(UserError):
                setup.action_finish()
        self.assertFalse(self._policies())

    def test_levels_shown_follow_the_ticks(self):
        with Form(self._open("nl_business")) as form:
            self.assertIn("Netherlands, businesses", form.levels_preview)
            self.assertIn("All customers", form.levels_preview)
            self.assertNotIn("Netherlands, consumers", form.levels_preview)
            form.profile_nl_consumer = True
            self.assertIn("Netherlands, consumers", form.levels_preview)
            self.assertIn("no collection costs", form.levels_preview)

    def test_example_follows_the_tone_and_is_real_when_there_is_an_invoice(self):
        setup = self._open("nl_business", step="tone", user_id=self.collector.id)
        with Form(setup) as form:
            form.tone = "informal"
            self.assertIn("It may have slipped your mind", form.mail_preview)
            form.tone = "formal"
            self.assertIn("Perhaps it was overlooked", form.mail_preview)
            self.assertIn(self.collector.name, form.mail_preview)
        invoice = self._new_invoice(fields.Date.subtract(self.company._get_dunning_today(), days=9))
        setup.invalidate_recordset()
        self.assertIn(invoice.name, setup.mail_preview)
        self.assertIn(invoice.name, setup.mail_subject)
        self.assertFalse(self.env["dunning.notice"].search([("partner_id", "=", self.debtor.id)]))

    # === HOW TO BEGIN ===#
    @freeze_time(f"{DAY} 09:00:00")
    def test_first_run_is_counted_for_each_way_to_begin(self):
        for due, partner in (
            ("2026-04-05", self.debtors["business", "nl"]),
            ("2026-03-20", self.debtors["business", "be"]),
            ("2026-03-01", self.debtors["business", "de"]),
            ("2026-03-01", self.debtors["consumer", "nl"]),
        ):
            self._new_invoice(due, partner=partner, amount=100)
        self._new_invoice("2026-03-01", partner=self.debtors["business", "us"], sent=False)
        self._new_invoice("2026-05-01", partner=self.debtors["business", "us"])
        setup = self._open("nl_business", step="tone", start_date=DAY)
        setup.action_next()
        items, debtors, amount = setup.forecast["overdue"]
        self.assertEqual((items, debtors), (5, 5))
        self.assertEqual(self.company.currency_id.compare_amounts(amount, 500), 0)
        counts = setup.forecast["counts"]
        self.assertEqual(counts["first"]["levels"], [["Reminder", False, 4]])
        self.assertEqual(
            counts["age"]["levels"],
            [["Reminder", False, 1], ["Second reminder", False, 1], ["Final notice", True, 2]],
        )
        self.assertEqual(counts["date"]["levels"], [])
        reasons = {code: items for code, items, _debtors in counts["first"]["reasons"]}
        self.assertEqual(reasons, {"not_delivered": 1, "not_yet": 1})
        self.assertFalse(self._policies(), "counting leaves nothing behind")
        self.assertEqual(self.company.dunning_begin, "first")
        self.assertFalse(self.company.dunning_policy_id)

        setup.begin = "age"
        setup.action_finish()
        run = self.env["dunning.run"].create({"company_id": self.company.id, "date": DAY})
        run._propose()
        self.assertEqual(
            sorted(notice.level_id.name for notice in run.notice_ids),
            ["Final notice", "Final notice", "Reminder", "Second reminder"],
        )

    @freeze_time(f"{DAY} 09:00:00")
    def test_figures_of_another_date_or_amount_are_called_outdated(self):
        self._new_invoice("2026-04-05", amount=100)
        setup = self._open("nl_business", step="tone")
        setup.action_next()
        self.assertNotIn("Count again", setup.begin_preview)
        setup.minimum_amount = 150
        self.assertIn("Count again", setup.begin_preview)
        setup.action_update_forecast()
        self.assertNotIn("Count again", setup.begin_preview)
        self.assertEqual(setup.forecast["counts"]["first"]["levels"], [])

    # === FINISH ===#
    @freeze_time(f"{DAY} 09:00:00")
    def test_finishing_writes_everything_and_sends_nothing(self):
        self.cron.active = False
        invoice = self._new_invoice("2026-03-01")
        mails = self.env["mail.mail"].search_count([])
        setup = self._open("nl_business", step="tone")
        self.assertTrue(setup.test_mode, "there are overdue items")
        self.assertFalse(setup.daily)
        setup.write(
            {
                "user_id": self.collector.id,
                "reply_email": "debtors@seller.example",
                "accent_color": "#aa0000",
                "minimum_amount": 25,
                "begin": "date",
                "start_date": "2026-04-01",
                "test_email": "test@seller.example",
            }
        )
        setup.action_next()
        setup.action_next()
        self.assertIn("Test mode is on", setup.summary)
        action = setup.action_finish()
        self.assertEqual(action["res_model"], "dunning.item")
        self.assertEqual(self._policies().minimum_amount, 25)
        self.assertEqual(set(self._policies().level_ids.mapped("accent_color")), {"#aa0000"})
        self.assertRecordValues(
            self.company,
            [
                {
                    "dunning_policy_id": self._policies().id,
                    "dunning_user_id": self.collector.id,
                    "dunning_reply_email": "debtors@seller.example",
                    "dunning_begin": "date",
                    "dunning_start_date": date(2026, 4, 1),
                    "dunning_test_mode": True,
                    "dunning_test_email": "test@seller.example",
                    "dunning_send_from": 8.0,
                    "dunning_send_until": 20.0,
                    "dunning_weekly_cap": 2,
                    "dunning_setup_done": True,
                }
            ],
        )
        self.assertFalse(self.cron.active)
        self.assertFalse(self.env["dunning.notice"].search([("partner_id", "=", self.debtor.id)]))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertEqual(self._reason(invoice, DAY), "before_start")

    def test_replies_go_to_the_address_that_was_chosen(self):
        self._open("nl_business", reply_email="debtors@seller.example").action_finish()
        self._new_invoice("2026-04-05")
        with self._frozen(DAY):
            run = self.env["dunning.run"].create({"company_id": self.company.id, "date": DAY})
            run._propose()
            message = run.notice_ids._render_message()
        self.assertIn("debtors@seller.example", message["reply_to"])

    def test_fresh_ledger_starts_without_test_mode(self):
        setup = self._open()
        self.assertFalse(setup.test_mode)
        self.assertTrue(setup.daily)
        self.assertTrue(setup.start_date)

    def test_daily_reminders_are_switched_by_who_speaks_for_all_companies(self):
        self.cron.active = False
        self.env["res.company"].create({"name": "Somebody else"})
        setup = self._open("nl_business", daily=True)
        self.assertFalse(setup.can_set_daily)
        setup.action_finish()
        self.assertFalse(self.cron.active)
        self.manager.group_ids = [Command.link(self.env.ref("base.group_system").id)]
        self._open("nl_business", daily=True).action_finish()
        self.assertTrue(self.cron.active)
        self._open("nl_business", daily=False).action_finish()
        self.assertFalse(self.cron.active)

    @freeze_time(f"{DAY} 09:00:00")
    def test_checklist_tells_what_is_missing(self):
        self.company.write({"phone": False, "street": False})
        self.manager.phone = False
        self.company.partner_id.bank_ids.unlink()
        setup = self._open("nl_business", step="begin")
        setup.action_next()
        for text in ("no bank account", "Missing of your company: address, phone number"):
            self.assertIn(text, setup.checklist)
        self.company.write({"phone": "020", "street": "Street 1", "city": "Town"})
        self.env["res.partner.bank"].create(
            {"acc_number": "NL91ABNA0417164300", "partner_id": self.company.partner_id.id}
        )
        setup.invalidate_recordset()
        self.assertNotIn("no bank account", setup.checklist)
        self.assertNotIn("Missing of your company", setup.checklist)
        self.assertIn("No bank transactions yet", setup.checklist)
        journal = self.company_data["default_journal_bank"]
        self.env["account.bank.statement.line"].create(
            {"journal_id": journal.id, "date": "2026-04-14", "payment_ref": "x", "amount": 5}
        )
        setup.invalidate_recordset()
        self.assertIn("Bank booked until 04/14/2026", setup.checklist)

    # === ACCESS ===#
    def test_app_opens_the_assistant_for_managers_until_it_is_done(self):
        def start(user):
            setup = self.env["dunning.setup"].with_user(user).with_company(self.company)
            return setup.action_start()["res_model"]

        self.assertEqual(start(self.collector), "dunning.run")
        self.assertEqual(start(self.manager), "dunning.setup")
        self._open().action_skip()
        self.assertEqual(start(self.manager), "dunning.run")
        self.assertFalse(self._policies(), "to skip makes nothing")
        self.company.dunning_setup_done = False
        self._open().action_finish()
        self.assertEqual(start(self.manager), "dunning.run")

    def test_only_managers_of_the_company_set_it_up(self):
        for user in (self.collector, self.salesman):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._open(user=user)
        foreign = self.env["res.company"].create({"name": "Foreign"})
        setup = self._open()
        setup.company_id = foreign
        for action in ("action_finish", "action_next", "action_skip", "action_update_forecast"):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(setup, action)()
        self.assertFalse(foreign.dunning_setup_done)
        self.assertFalse(self._policies(foreign))


@tagged("post_install", "-at_install")
class TestDunningSetupTour(HttpCase, DunningSetupCommon):
    """The assistant in a browser."""

    def test_tour(self):
        self.manager.password = "acm_credit_manager"
        self._new_invoice(fields.Date.subtract(self.company._get_dunning_today(), days=9))
        self.start_tour(
            "/odoo/action-account_credit_management.action_credit_management_start",
            "dunning_setup",
            login=self.manager.login,
        )
        self.assertEqual(self._policies().mapped("profile"), ["nl_business"])
        self.assertEqual(self.company.dunning_begin, "age")
        self.assertTrue(self.company.dunning_test_mode)
