from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from .common import CreditManagementCommon
from .outbox_common import OutboxCase

DAY = "2026-04-10"  # a Friday
OUTCOME_LOGGER = "odoo.addons.account_credit_management.models.dunning_run_outcome"


@tagged("post_install", "-at_install")
class TestDunningProgress(CreditManagementCommon):
    """How far a run is, pause and resume, and the mail when it is done."""

    def _new_run(self, count=1, user=None, release=True):
        for number in range(count):
            self._new_invoice("2026-03-31", partner=self._new_debtor(f"Debtor {number}"))
        run = self.env["dunning.run"].with_user(user or self.env.user)
        run = run.create({"date": DAY, "company_id": self.company.id})
        run.action_propose()
        if release:
            run.action_release()
        return run

    def _deliver(self, run, day=DAY):
        """What a worker does with all that may be sent now, without its commits."""
        notices = self.env["dunning.notice"].sudo()
        with self._frozen(day):
            claimed = notices._claim(
                condition=SQL("run_id = %s", run.id),
            )
            claimed._deliver(fields.Date.to_date(day))
            claimed.run_id._update_state()
            return claimed

    def _progress(self, run, moment=f"{DAY} 09:00:00"):
        run.invalidate_recordset(["progress", "can_pause"])
        with patch.object(fields.Datetime, "now", lambda: fields.Datetime.to_datetime(moment)):
            return run.progress

    def _set(self, notices, **values):
        """Facts that workers leave behind."""
        notices.sudo().write(values)
        self.env.flush_all()

    def _outcome_mails(self, run):
        return self.env["mail.mail"].search(
            [("model", "=", "dunning.run"), ("res_id", "=", run.id)]
        )

    def _refuse(self):
        mail_class = self.env.registry["mail.mail"]

        def refuse(mail, **_arguments):
            mail.write({"state": "exception", "failure_reason": "554 not today"})

        return patch.object(mail_class, "_send", refuse)

    # === PROGRESS ===#
    def test_phases_of_a_run(self):
        run = self._new_run(3, release=False)
        self.assertEqual(self._progress(run)["phase"], "none")
        self.assertEqual(self._progress(run)["total"], 0, "a proposal is not under way")
        self.assertFalse(run.can_pause)
        run.action_release()
        progress = self._progress(run)
        self.assertEqual(
            (progress["phase"], progress["total"], progress["ready"]), ("sending", 3, 3)
        )
        self.assertTrue(run.can_pause)
        first, second, third = run.notice_ids.sorted("id")
        self._set(first, state="sent", claim_date=f"{DAY} 08:59:00")
        self._set(second, state="failed", retry_date=f"{DAY} 10:00:00")
        self._set(third, state="sending", interrupted=True)
        progress = self._progress(run)
        self.assertEqual((progress["phase"], progress["total"]), ("retrying", 3))
        self.assertEqual(progress["next_retry"], f"{DAY} 10:00:00")
        self.assertEqual((progress["sent"], progress["retry"], progress["doubtful"]), (1, 1, 1))
        self._set(second, retry_date=False)
        progress = self._progress(run)
        self.assertEqual((progress["phase"], progress["failed"]), ("done", 1))
        self.assertFalse(run.can_pause)

    def test_what_was_not_needed_any_more_counts_once_a_worker_had_it(self):
        run = self._new_run(3)
        paid, removed, sent = run.notice_ids.sorted("id")
        self._pay(paid.line_ids.move_line_id.move_id, 100, DAY)
        removed.action_cancel()
        self._deliver(run)
        self.assertEqual((paid.state, sent.state), ("obsolete", "sent"))
        progress = self._progress(run)
        self.assertEqual((progress["dropped"], progress["sent"]), (1, 1))
        self.assertEqual(progress["total"], 2, "what was removed by hand is not part of it")

    def test_outside_the_sending_hours_it_waits(self):
        self.company.partner_id.tz = "Europe/Amsterdam"
        self.company.dunning_send_from, self.company.dunning_send_until = 8, 18
        run = self._new_run()
        progress = self._progress(run, f"{DAY} 20:00:00")
        self.assertEqual((progress["phase"], progress["end"]), ("waiting", False))
        self.assertEqual(progress["opening"], "2026-04-13 06:00:00", "Monday at eight")
        self.assertEqual(self._progress(run)["phase"], "sending")

    def test_run_of_another_day_waits_for_it(self):
        """Released on Friday for Monday: workers leave it alone, and nobody pushes it."""
        self.company.partner_id.tz = "Europe/Amsterdam"
        for number in range(21):
            self._new_invoice("2026-03-31", partner=self._new_debtor(f"Early {number}"))
        with self._frozen(DAY):
            run = self.env["dunning.run"].create(
                {"date": "2026-04-13", "company_id": self.company.id}
            )
            run.action_propose()
            run.action_release()
            self.assertEqual(self.env["dunning.notice"]._count_outbox(self.company), 0)
            with self.assertRaisesRegex(UserError, "before that day"):
                run.action_send()
            run.invalidate_recordset(["progress"])
            progress = run.progress
            self.assertEqual((progress["phase"], progress["ready"]), ("waiting", 21))
            self.assertEqual(progress["opening"], "2026-04-12 22:00:00", "Monday, at midnight")
        with self._frozen("2026-04-13"):
            self.assertEqual(self.env["dunning.notice"]._count_outbox(self.company), 21)

    def test_end_is_estimated_from_the_last_minutes(self):
        run = self._new_run(12)
        done = run.notice_ids.sorted("id")[:6]
        self._set(done, state="sent", claim_date=f"{DAY} 08:58:00")
        # Six in two minutes: six more take two minutes.
        end = self._progress(run)["end"]
        self.assertFalse(end, "nobody has taken one for two minutes")
        self._set(done[0], claim_date=f"{DAY} 08:59:30")
        self.assertEqual(self._progress(run)["end"], f"{DAY} 09:02:00")
        # What was sent long ago tells nothing about the pace of now.
        self._set(done[1:], claim_date=f"{DAY} 08:30:00")
        self.assertFalse(self._progress(run)["end"])

    def test_end_is_not_known_too_early_nor_past_the_sending_hours(self):
        self.company.partner_id.tz = "Europe/Amsterdam"
        run = self._new_run(12)
        done = run.notice_ids.sorted("id")[:6]
        self._set(done, state="sent", claim_date=f"{DAY} 08:59:55")
        self.assertFalse(self._progress(run)["end"], "five seconds tell nothing")
        self._set(done, claim_date=f"{DAY} 08:59:00")
        self.assertEqual(self._progress(run)["end"], f"{DAY} 09:01:00")
        self.company.dunning_send_from = 8
        self.company.dunning_send_until = 18
        self._set(done, claim_date=f"{DAY} 15:57:00")
        progress = self._progress(run, f"{DAY} 15:59:00")
        self.assertEqual((progress["phase"], progress["end"]), ("sending", False))

    def test_end_is_not_known_when_the_clock_was_set_back(self):
        run = self._new_run(12)
        self._set(run.notice_ids[:6], state="sent", claim_date=f"{DAY} 10:00:00")
        progress = self._progress(run)
        self.assertEqual((progress["phase"], progress["end"]), ("sending", False))

    def test_levels_are_counted_by_state_and_channel(self):
        self._new_invoice("2026-03-31", partner=self._new_debtor("No Mail", email=False))
        run = self._new_run(2)
        [row] = run._get_level_counts()
        self.assertEqual((row["count"], row["emails"], row["letters"]), (3, 2, 1))
        self.assertEqual((row["sent"], row["proposed"]), (0, 0))
        self._deliver(run)
        [row] = run._get_level_counts()
        self.assertEqual((row["count"], row["sent"], row["texts"]), (3, 3, 0))

    # === PAUSE ===#
    def test_paused_run_keeps_its_notices_and_the_others_go(self):
        paused = self._new_run(2, self.collector)
        paused.action_pause()
        paused.action_pause()
        self._new_invoice("2026-03-31", partner=self._new_debtor("Other"))
        other = self._new_run(0)
        notices = self.env["dunning.notice"]
        self.assertEqual(notices._count_outbox(self.company), 1)
        with self._frozen(DAY):
            claimed = notices.sudo()._claim()
        self.assertEqual(claimed, other.notice_ids)
        self.assertEqual(set(paused.notice_ids.mapped("state")), {"ready"})
        progress = self._progress(paused)
        self.assertEqual((progress["phase"], progress["ready"]), ("paused", 2))
        with self.assertRaisesRegex(UserError, "is paused"):
            paused.action_send()
        with patch.object(self.env.registry["dunning.notice"], "_trigger_delivery") as trigger:
            paused.action_resume()
        self.assertTrue(trigger.called)
        self.assertEqual(notices._count_outbox(self.company), 2)
        self.assertEqual(len(self._deliver(paused)), 2)
        self.assertEqual(set(paused.notice_ids.mapped("state")), {"sent"})

    def test_notice_without_a_run_is_sent_while_another_is_paused(self):
        run = self._new_run(2)
        run.action_pause()
        alone = run.notice_ids[0]
        self._set(alone, run_id=False)
        with self._frozen(DAY):
            self.assertEqual(self.env["dunning.notice"].sudo()._claim(), alone)

    def test_failed_notices_of_a_paused_run_are_not_tried_again(self):
        run = self._new_run()
        self._set(run.notice_ids, state="failed", retry_date="2026-04-09 08:00:00")
        run.action_pause()
        with self._frozen(DAY):
            self.assertFalse(self.env["dunning.notice"].sudo()._claim())
            run.action_resume()
            self.assertEqual(self.env["dunning.notice"].sudo()._claim(), run.notice_ids)

    def test_nothing_to_pause(self):
        run = self._new_run(release=False)
        with self.assertRaisesRegex(UserError, "nothing to pause"):
            run.action_pause()
        run.action_release()
        self._deliver(run)
        with self.assertRaisesRegex(UserError, "nothing to pause"):
            run.action_pause()
        self.assertFalse(run.paused)

    def test_salespeople_neither_pause_nor_resume(self):
        run = self._new_run()
        for action in ("action_pause", "action_resume"):
            with self.assertRaises(AccessError):
                getattr(run.with_user(self.salesman), action)()
        self.assertFalse(run.paused)

    # === SUMMARY ===#
    def test_whoever_released_is_told_what_became_of_it(self):
        self._new_invoice("2026-03-31", partner=self._new_debtor("No Mail", email=False))
        run = self._new_run(2, self.collector)
        self.assertFalse(self._outcome_mails(run))
        self._deliver(run)
        mail = self._outcome_mails(run)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.collector.partner_id)
        self.assertEqual(mail.subject, f"{run.name} has been sent")
        rows = run._get_outcome_rows()
        level = self.levels["reminder"].name
        common = {"level": level, "policy": False, "todo": 0, "failed": 0}
        self.assertEqual(
            rows,
            [
                {**common, "channel": "E-mail", "sent": 2},
                {**common, "channel": "Letter", "sent": 1},
            ],
        )
        self.assertIn(level, mail.body_html)
        self.assertIn("/mail/view?model=dunning.run", mail.body_html)
        self.assertNotIn("Not sent", mail.body_html)
        run._update_state()
        self.assertEqual(self._outcome_mails(run), mail, "told once")

    def test_levels_of_the_same_name_are_told_apart_by_their_policy(self):
        other = self.policy.copy({"name": "Other Policy"})
        self._new_invoice(
            "2026-03-31", partner=self._new_debtor("Else", dunning_policy_id=other.id)
        )
        run = self._new_run(1, self.collector)
        self._deliver(run)
        rows = run._get_outcome_rows()
        self.assertEqual({row["level"] for row in rows}, {self.levels["reminder"].name})
        self.assertEqual({row["policy"] for row in rows}, {self.policy.name, "Other Policy"})
        self.assertIn("Other Policy", self._outcome_mails(run).body_html)

    def test_told_after_the_last_attempt_with_the_reason(self):
        self.levels["reminder"].use_letter = False
        run = self._new_run(2, self.collector)
        bad = run.notice_ids.sorted("id")[0]
        with self._refuse():
            for attempt in range(4):
                self.assertFalse(self._outcome_mails(run), f"attempt {attempt}")
                self._set(run.notice_ids.filtered("retry_date"), retry_date="2026-04-01 00:00:00")
                self._deliver(run)
                self._set((run.notice_ids - bad).filtered("retry_date"), state="sent")
        self.assertEqual((bad.state, bad.retry_date), ("failed", False))
        mail = self._outcome_mails(run)
        self.assertEqual(len(mail), 1)
        self.assertIn("554 not today", mail.body_html)
        self.assertIn(bad.partner_id.name, mail.body_html)
        bad.action_retry()
        self._deliver(run)
        self.assertEqual((bad.state, run.state), ("sent", "done"))
        self.assertEqual(self._outcome_mails(run), mail, "trying again by hand is no release")

    def test_each_release_is_told_about(self):
        run = self._new_run(2, self.collector, release=False)
        first, second = run.notice_ids.sorted("id")
        first.with_user(self.collector).action_release()
        self._deliver(run)
        mail = self._outcome_mails(run)
        self.assertIn("1 still wait to be released", mail.body_html.replace("\n", ""))
        second.with_user(self.manager).action_release()
        self._deliver(run)
        later = self._outcome_mails(run) - mail
        self.assertEqual(later.recipient_ids, self.manager.partner_id)
        self.assertNotIn("still wait", later.body_html)

    def test_daily_run_is_told_to_the_contact_for_debtors(self):
        self.company.dunning_user_id = self.manager
        self._new_invoice("2026-03-31")
        with self._frozen(DAY):
            runs = self.env(user=SUPERUSER_ID)["dunning.run"]
            run = runs._propose_automatically(self.company, fields.Date.to_date(DAY))
        self._deliver(run)
        self.assertEqual(self._outcome_mails(run).recipient_ids, self.manager.partner_id)

    def test_nobody_to_tell(self):
        self.company.dunning_user_id = False
        run = self._new_run(1, self.env["res.users"].browse(SUPERUSER_ID))
        self._deliver(run)
        self.assertEqual(run.state, "done")
        self.assertFalse(self._outcome_mails(run))

    def test_switched_off(self):
        self.company.dunning_run_mail = False
        run = self._new_run(1, self.collector)
        self._deliver(run)
        self.assertFalse(self._outcome_mails(run))
        self.company.dunning_run_mail = True
        run._update_state()
        self.assertFalse(self._outcome_mails(run), "nor later")

    def test_whoever_sends_by_hand_sees_it_and_gets_no_mail(self):
        run = self._new_run(1, self.collector)
        with self._frozen(DAY):
            run.with_user(self.collector).action_send()
        self.assertEqual(run.state, "done")
        self.assertFalse(self._outcome_mails(run))

    def test_cancelled_run_is_not_told_about(self):
        run = self._new_run(1, self.collector)
        run.action_cancel()
        run._update_state()
        self.assertFalse(self._outcome_mails(run))

    def test_text_with_an_error_costs_the_mail_and_nothing_else(self):
        run = self._new_run(1, self.collector)

        def fail(_run):
            self.env["res.partner"].create({"name": "Left Behind"})
            raise ValueError("No such text")

        with (
            patch.object(self.env.registry["dunning.run"], "_send_outcome", fail),
            mute_logger(OUTCOME_LOGGER),
        ):
            self._deliver(run)
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Left Behind")]))
        self.assertEqual((run.state, run.notice_ids.state), ("done", "sent"))
        self.assertFalse(self._outcome_mails(run))
        self.assertIn("could not be sent", run.message_ids[0].body)

    def test_run_whose_last_worker_died_is_settled_by_the_next(self):
        run = self._new_run(1, self.collector)
        with self._frozen(DAY):
            claimed = self.env["dunning.notice"].sudo()._claim()
            claimed._deliver(fields.Date.to_date(DAY))
            self.assertEqual(run.state, "released", "killed before it could settle")
            with patch.object(
                self.env.registry["ir.cron"], "_commit_progress", lambda *_a, **_k: 0
            ):
                self.env["dunning.notice"]._prepare_outbox()
        self.assertEqual(run.state, "done")
        self.assertEqual(len(self._outcome_mails(run)), 1)


@tagged("post_install", "-at_install")
class TestDunningProgressScreen(HttpCase, CreditManagementCommon):
    """The form of a run while others work on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector.password = "acm_collector"

    def test_bar_moves_without_reloading_and_pause_is_at_hand(self):
        today = fields.Date.context_today(self.company)
        for number in range(3):
            self._new_invoice(
                today - timedelta(days=10), partner=self._new_debtor(f"Debtor {number}")
            )
        run = self.env["dunning.run"].create({"date": today, "company_id": self.company.id})
        run.action_propose()
        path = f"/odoo/action-account_credit_management.action_dunning_run/{run.id}"
        with mute_logger("odoo.addons.mail.models.mail_mail"):
            self.start_tour(
                f"{path}?cids={self.company.id}", "dunning_run_progress", login="acm_collector"
            )
        self.env.invalidate_all()
        self.assertEqual(run.state, "done")
        self.assertFalse(run.paused)
        self.assertEqual(run.released_by_id, self.collector)


@tagged("post_install", "-at_install")
class TestDunningPauseAtWork(OutboxCase):
    """Pause, resume and the mail at the end, with workers in processes of their own."""

    def _release_by(self, env):
        """Let a person have released the run, so that there is somebody to tell."""
        run = self._get_notices(env).run_id
        run.released_by_id = self.releaser_id
        self.assertTrue(run.is_outcome_due)
        return run

    def _outcome_mails(self, env, run):
        return env["mail.mail"].search([("model", "=", "dunning.run"), ("res_id", "=", run.id)])

    @classmethod
    def _create_data(cls, env):
        res = super()._create_data(env)
        releaser = env["res.users"].create(
            {"name": "Releaser", "login": "acm_releaser", "email": "releaser@concurrent.example"}
        )
        cls.releaser_id = releaser.id
        return res

    @classmethod
    def _remove_data(cls):
        res = super()._remove_data()
        with cls._environment() as env:
            env["res.users"].browse(cls.releaser_id).unlink()
        return res

    def test_pause_lets_the_workers_finish_what_they_hold(self):
        with self._environment() as env:
            self._propose(env)
            self._release_by(env)
        self.mailbox.hold_at = 5
        worker = self._start_worker()
        self._let_work(worker)
        self.assertTrue(self.mailbox.holding.wait(timeout=60))
        with self._environment() as env:
            run = self._get_notices(env).run_id
            run.action_pause()
            self.assertEqual(run.progress["phase"], "pausing")
        self.mailbox.release.set()
        self.assertEqual(worker.wait(timeout=60), 0)
        self._let_all_work(self._start_worker())
        with self._environment() as env:
            run = self._get_notices(env).run_id
            progress = run.progress
            self.assertEqual((progress["phase"], progress["sending"]), ("paused", 0))
            self.assertEqual((progress["sent"], progress["ready"]), (20, 30), "its batch, no more")
            self.assertEqual(len(self.mailbox.recipients), 20)
            self.assertFalse(self._outcome_mails(env, run))
            run.action_resume()
        self._let_all_work(self._start_worker(), self._start_worker())
        self.assertEqual(len(self.mailbox.recipients), self.debtors, "nothing lost")
        self.assertEqual(set(self.mailbox.recipients.values()), {1}, "nothing twice")
        with self._environment() as env:
            run = self._get_notices(env).run_id
            self.assertEqual((run.state, run.progress["phase"]), ("done", "done"))
            mails = self._outcome_mails(env, run)
            self.assertEqual(len(mails), 1, "two workers, one mail")
            self.assertFalse(run.is_outcome_due)
            mails.unlink()
