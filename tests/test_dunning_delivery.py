import smtplib
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CreditManagementCommon

DELIVERY_LOGGER = "odoo.addons.account_credit_management.models.dunning_notice_delivery"


@tagged("post_install", "-at_install")
class TestDunningDelivery(CreditManagementCommon):
    """From the outbox to the debtor, and everything that can go wrong on the way."""

    def _ready(self, day="2026-04-10"):
        run = self.env["dunning.run"].create({"date": day, "company_id": self.company.id})
        run.action_propose()
        run.action_release()
        return run.notice_ids

    def _send(self, notices, day="2026-04-10"):
        with self._frozen(day):
            notices._send(fields.Date.to_date(day))

    def _fail_handing_over(self, error):
        """Let the mail server answer every message with an error."""
        mail_class = self.env.registry["mail.mail"]

        def refuse(mail, **_arguments):
            if isinstance(error, Exception):
                raise error
            mail.write({"state": "exception", "failure_reason": error})

        return patch.object(mail_class, "_send", refuse)

    # === THE ORDINARY WAY ===#
    def test_email_is_logged_on_the_debtor_with_its_letter(self):
        self._new_invoice("2026-03-31")
        notice = self._ready()
        self._send(notice)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-10"))
        self.assertEqual(notice.line_ids.sent_date, fields.Date.to_date("2026-04-10"))
        self.assertEqual(notice.line_ids.term_date, fields.Date.to_date("2026-04-17"))
        self.assertTrue(notice.letter_id)
        message = notice.mail_message_id
        self.assertEqual((message.model, message.res_id), ("res.partner", self.debtor.id))
        self.assertEqual(message.attachment_ids, notice.letter_id)
        self.assertEqual(message.notification_ids.res_partner_id, self.debtor)
        self.assertFalse(self.debtor.message_partner_ids & self.debtor)
        self.assertEqual(notice.run_id.state, "done")

    def test_letter_is_sent_only_once_its_pdf_exists(self):
        self.debtor.email = False
        self._new_invoice("2026-03-31")
        notice = self._ready()
        self.assertTrue(notice.use_letter)
        self.assertFalse(notice.use_email)
        notice_class = self.env.registry["dunning.notice"]
        with (
            mute_logger(DELIVERY_LOGGER),
            patch.object(notice_class, "_create_letters", side_effect=UserError("No PDF today")),
        ):
            self._send(notice)
        self.assertEqual((notice.state, notice.failure_reason), ("failed", "No PDF today"))
        self.assertFalse(notice.sent_date)
        self._send(notice, "2026-04-11")
        self.assertEqual(notice.state, "sent")
        self.assertTrue(notice.letter_id.raw)
        self.assertIn(notice.letter_id, self.debtor.message_ids.attachment_ids)

    def test_handover_sends_nothing_but_is_remembered(self):
        invoice = self._new_invoice("2026-03-31")
        for day in ("2026-04-07", "2026-04-21"):
            self._run_day(day)
        for day in ("2026-04-30", "2026-05-15"):
            self._run_day(day)
            notice = self.env["dunning.notice"].search(
                [("state", "=", "proposed"), ("company_id", "=", self.company.id)]
            )
            notice.action_release()
            self._send(notice, day)
        self.assertEqual(notice.stage, "handover")
        self.assertEqual(notice.state, "sent")
        self.assertFalse(notice.letter_id)
        self.assertFalse(notice.mail_message_id)
        self.assertIn("ready to be handed over", self.debtor.message_ids[0].body)
        self.assertEqual(invoice.dunning_level_id, self.levels["handover"])

    # === DECIDED AGAIN WHEN SENDING ===#
    def test_paid_between_proposal_and_sending(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._ready()
        self._pay(invoice, 100, "2026-04-10")
        self._send(notice)
        self.assertEqual(notice.state, "obsolete")
        self.assertEqual(notice.line_ids.state, "obsolete")
        self.assertFalse(notice.mail_message_id)
        self.assertIn("Paid", notice.message_ids[0].body)

    def test_partly_paid_between_proposal_and_sending(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        paid = self._new_invoice("2026-03-30", amount=25)
        notice = self._ready()
        self.assertEqual(notice.amount_total, 125)
        self._pay(invoice, 60, "2026-04-10")
        self._pay(paid, 25, "2026-04-10")
        self._send(notice)
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.amount_total, 40)
        states = {line.move_line_id.move_id: line.state for line in notice.line_ids}
        self.assertEqual(states, {invoice: "sent", paid: "obsolete"})

    def test_paused_between_proposal_and_sending(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._ready()
        self.env["dunning.block"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.debtor.id,
                "date_from": "2026-04-01",
                "reason": "Called",
            }
        )
        self._send(notice)
        self.assertEqual(notice.state, "obsolete")
        self.assertEqual(self._reason(invoice, "2026-04-10"), "block")

    def test_proposals_that_wait_for_release_stay_true(self):
        self._new_invoice("2026-03-31")
        for day in ("2026-04-07", "2026-04-21", "2026-04-30"):
            self._run_day(day)
        notice = self.env["dunning.notice"].search([("state", "=", "proposed")])
        invoice = notice.line_ids.move_line_id.move_id
        self._pay(invoice, 100, "2026-05-02")
        self._run_day("2026-05-03")
        self.assertEqual(notice.state, "obsolete")
        self.assertEqual(notice.run_id.state, "done")

    # === FAILURES ===#
    def test_one_poisoned_debtor_does_not_stop_the_others(self):
        poisoned = self._new_debtor("Poisoned")
        others = [self._new_debtor(f"Fine {number}") for number in range(3)]
        homeless = self._new_debtor("Homeless", email=False, street=False)
        for partner in (poisoned, *others, homeless):
            self._new_invoice("2026-03-31", partner=partner)
        notices = self._ready()
        self.assertNotIn(homeless, notices.partner_id)
        self.assertIn("No usable address", notices.run_id.summary)
        template = self.levels["reminder"].mail_template_id
        template.subject = (
            "{{ object.no_such_field if object.partner_id.name == 'Poisoned' else 'Fine' }}"
        )
        with mute_logger(DELIVERY_LOGGER, "odoo.addons.mail.models.mail_render_mixin"):
            self._send(notices)
        failed = notices.filtered(lambda notice: notice.partner_id == poisoned)
        self.assertEqual(failed.state, "failed")
        self.assertTrue(failed.failure_reason)
        self.assertEqual(set((notices - failed).mapped("state")), {"sent"})
        self.assertEqual(notices.run_id.failed_count, 1)
        self.assertEqual(notices.run_id.state, "released")
        self.assertFalse(poisoned.message_ids.filtered("attachment_ids"))

    def test_refused_by_the_mail_server(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._ready()
        with self._fail_handing_over("550 no such user"):
            self._send(notice)
        self.assertEqual((notice.state, notice.failure_reason), ("failed", "550 no such user"))
        self.assertFalse(notice.mail_message_id, "the chatter must not claim it was sent")
        self.assertFalse(invoice.dunning_level_id)
        self.assertEqual(notice.attempts, 1)
        self.assertEqual(notice.retry_date, fields.Datetime.to_datetime("2026-04-10 10:00:00"))
        with self._frozen("2026-04-10"):
            self.assertFalse(notice._claim(ids=notice.ids), "not before its time")
        self._send(notice, "2026-04-11")
        self.assertEqual(notice.state, "sent")

    def test_gives_up_after_some_attempts_when_there_is_no_other_channel(self):
        self.levels["reminder"].use_letter = False
        self._new_invoice("2026-03-31")
        notice = self._ready()
        with self._fail_handing_over("451 try again later"):
            for day in ("2026-04-10", "2026-04-11", "2026-04-12", "2026-04-13", "2026-04-14"):
                self._send(notice, day)
        self.assertEqual((notice.state, notice.attempts), ("failed", 4))
        self.assertFalse(notice.retry_date)
        notice.action_retry()
        self._send(notice, "2026-04-20")
        self.assertEqual(notice.state, "sent")

    def test_unreachable_mail_server(self):
        self._new_invoice("2026-03-31")
        notice = self._ready()
        server_class = self.env.registry["ir.mail_server"]
        with patch.object(server_class, "_connect__", side_effect=OSError("refused")):
            self._send(notice)
        self.assertEqual(notice.state, "failed")
        self.assertIn("refused", notice.failure_reason)

    def test_connection_lost_midway_is_left_to_a_person(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._ready()
        with self._fail_handing_over(smtplib.SMTPServerDisconnected("gone")):
            self._send(notice)
        self.assertEqual(notice.state, "sending")
        self.assertTrue(notice.interrupted)
        self.assertTrue(notice.run_id.activity_ids)
        self._send(notice, "2026-04-20")
        self.assertEqual(notice.state, "sending", "never sent again by itself")
        self.assertEqual(self._reason(invoice, "2026-05-20"), "pending")
        with self._frozen("2026-04-21"):
            notice.with_user(self.collector).action_confirm_sent()
        self.assertEqual((notice.state, notice.interrupted), ("sent", False))
        message = notice.mail_message_id
        self.assertEqual(message.notification_ids.notification_status, "sent")
        self.assertEqual(message.mail_ids.state, "sent")
        self.assertEqual(notice.delivery_ids.state, "sent")
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-10"), "when it left")
        self.assertEqual(invoice.dunning_level_id, self.levels["reminder"])

    def test_interrupted_near_midnight_counts_from_the_day_of_the_company(self):
        self._new_invoice("2026-03-31")
        self.company.partner_id.tz = "Europe/Amsterdam"
        notice = self._ready()
        with (
            freeze_time("2026-04-10 23:30:00"),
            self._fail_handing_over(smtplib.SMTPServerDisconnected("gone")),
        ):
            notice._send(self.company._get_dunning_today())
        notice.action_confirm_sent()
        self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-11"))

    def test_person_says_it_did_not_arrive(self):
        self._new_invoice("2026-03-31")
        notice = self._ready()
        with self._fail_handing_over(smtplib.SMTPServerDisconnected("gone")):
            self._send(notice)
        notice.with_user(self.collector).action_confirm_not_sent()
        self.assertEqual((notice.state, notice.interrupted), ("ready", False))
        self.assertFalse(notice.mail_message_id)
        self._send(notice, "2026-04-11")
        self.assertEqual(notice.state, "sent")

    def test_dead_worker_before_and_after_the_hand_over(self):
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        before, after = self._ready()
        with self._frozen("2026-04-10"):
            (before | after)._claim(ids=(before | after).ids)
            after.handover_date = fields.Datetime.now()
            before._recover_stale()
            self.assertEqual(before.state, "sending", "its worker may still be at it")
        with self._frozen("2026-04-11"):
            before._recover_stale()
            self.assertEqual((before.state, before.interrupted), ("ready", False))
            self.assertEqual((after.state, after.interrupted), ("sending", True))
            activities = after.run_id.activity_ids
            before._recover_stale()
            self.assertEqual(after.run_id.activity_ids, activities, "told once")

    # === PRINT ===#
    def test_printing_needs_a_letter(self):
        self._new_invoice("2026-03-31")
        notice = self._ready()
        with self.assertRaisesRegex(UserError, "no letter"):
            notice.action_print_letters()
        self._send(notice)
        self.assertIn(str(notice.id), notice.action_print_letters()["url"])

    def test_letters_of_a_run_are_those_to_be_posted(self):
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=self._new_debtor("No Mail", email=False))
        notices = self._ready()
        self._send(notices)
        posted = notices.filtered("use_letter")
        self.assertEqual((len(posted), len(notices.letter_id)), (1, 2))
        run = notices.run_id
        self.assertEqual(run.letter_count, 1)
        self.assertEqual(run.action_print_letters(), posted.action_print_letters())

    # === THE SCHEDULED ACTION ===#
    def test_scheduled_action_works_through_batches(self):
        for number in range(3):
            self._new_invoice("2026-03-31", partner=self._new_debtor(f"Debtor {number}"))
        run_cron = self.env.ref("account_credit_management.ir_cron_run_dunning").sudo()
        self.assertFalse(run_cron.active, "installing the module must not send anything")
        self.company.partner_id.tz = "Europe/Amsterdam"
        self.env.flush_all()
        with (
            self._frozen("2026-04-10"),
            patch(f"{DELIVERY_LOGGER}.BATCH_SIZE", 2),
            self.enter_registry_test_mode(),
        ):
            run_cron.method_direct_trigger()
            notices = self.env["dunning.notice"].search([("company_id", "=", self.company.id)])
            self.assertEqual(notices.mapped("state"), ["sent"] * 3)
            messages = self.env["mail.message"].search_count([("model", "=", "res.partner")])
            run_cron.method_direct_trigger()
            self.assertEqual(
                self.env["dunning.notice"].search([("company_id", "=", self.company.id)]), notices
            )
            self.assertEqual(
                self.env["mail.message"].search_count([("model", "=", "res.partner")]), messages
            )

    def test_batch_is_no_larger_when_the_database_plans_otherwise(self):
        """A nested loop asks for the notices once per row; then each asks for its own few."""
        for number in range(5):
            self._new_invoice("2026-03-31", partner=self._new_debtor(f"Debtor {number}"))
        self._ready()
        for setting in ("enable_hashjoin", "enable_mergejoin", "enable_hashagg", "enable_sort"):
            self.env.cr.execute(f"SET LOCAL {setting} = off")
        self.env.cr.execute("SET LOCAL enable_material = off")
        with self._frozen("2026-04-10"):
            claimed = self.env["dunning.notice"].sudo()._claim(limit=2)
        self.assertEqual(len(claimed), 2)

    def test_scheduled_action_knows_the_day_of_the_company(self):
        """Half past eleven in the evening by the server's clock is tomorrow in Amsterdam."""
        self._new_invoice("2026-03-31")
        self.company.partner_id.tz = "Europe/Amsterdam"
        run_cron = self.env.ref("account_credit_management.ir_cron_run_dunning").sudo()
        self.env.flush_all()
        with freeze_time("2026-04-06 23:30:00"), self.enter_registry_test_mode():
            run_cron.method_direct_trigger()
            notice = self.env["dunning.notice"].search([("company_id", "=", self.company.id)])
            self.assertEqual(notice.state, "sent")
            self.assertEqual(notice.sent_date, fields.Date.to_date("2026-04-07"))

    def test_error_in_one_company_does_not_stop_the_next(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self._new_invoice("2026-03-31")
        run_class = self.env.registry["dunning.run"]
        original = run_class._propose_automatically

        def propose(runs, company, day):
            if company == other:
                raise ValueError("broken")
            return original(runs, company, day)

        with (
            self._frozen("2026-04-10"),
            patch.object(run_class, "_propose_automatically", propose),
            self.enter_registry_test_mode(),
            self.assertLogs(
                "odoo.addons.account_credit_management.models.dunning_run_propose", "ERROR"
            ),
        ):
            self.env.ref(
                "account_credit_management.ir_cron_run_dunning"
            ).sudo().method_direct_trigger()
            notices = self.env["dunning.notice"].search([("company_id", "=", self.company.id)])
            self.assertEqual(notices.mapped("state"), ["sent"])

    def test_many_notices_are_left_to_the_background(self):
        self._new_invoice("2026-03-31")
        notice = self._ready()
        module = "odoo.addons.account_credit_management.models.dunning_run"
        with self._frozen("2026-04-10"), patch(f"{module}.SEND_AT_ONCE", 0):
            action = notice.run_id.with_user(self.collector).action_send()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(notice.state, "ready")
        with self._frozen("2026-04-10"):
            self.assertIs(notice.run_id.with_user(self.collector).action_send(), True)
        self.assertEqual(notice.state, "sent")

    def test_stale_is_measured_from_the_claim(self):
        self._new_invoice("2026-03-31")
        notice = self._ready()
        with self._frozen("2026-04-10"):
            notice._claim(ids=notice.ids)
            self.assertEqual(notice.claim_date, fields.Datetime.now())
            notice.claim_date -= timedelta(minutes=59)
            notice._recover_stale()
            self.assertEqual(notice.state, "sending")
            notice.claim_date -= timedelta(minutes=2)
            notice._recover_stale()
            self.assertEqual(notice.state, "ready")
