import logging
from datetime import timedelta

import psycopg2
import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .ir_qweb import COMPILED_TEXTS, CompiledTexts

_logger = logging.getLogger(__name__)

# Notices that one worker takes at a time; each message is committed on its own.
BATCH_SIZE = 20
# A failed notice is tried again after 1, 2, 3 hours; then a person must look at it.
MAX_ATTEMPTS = 4
# A notice that has been "sending" for longer belongs to a worker that died.
STALE_AFTER = timedelta(hours=1)


def _no_checkpoint():
    """Outside a scheduled action everything happens in one transaction."""


class DunningNotice(models.Model):
    """Delivery: the notices that are ready are an outbox for any number of workers."""

    _inherit = "dunning.notice"

    # === CRON ===#
    @api.model
    def _cron_send_notices(self):
        """Send what is in the outbox, batch after batch, until it is empty or time is up.

        Companies that do not send at this hour are left for later.

        Safe to run in several workers and servers at once: a batch is claimed in one locking
        statement, and a notice that another worker holds is skipped.
        """
        cron = self.env["ir.cron"]
        companies = self._prepare_outbox()
        while batch := self._deliver_next_batch(companies):
            companies = self._get_open_companies()
            if not cron._commit_progress(len(batch), remaining=self._count_outbox(companies)):
                break

    @api.model
    def _prepare_outbox(self):
        """Look after what earlier workers left, and return the companies that may send now."""
        cron = self.env["ir.cron"]
        cron._commit_progress()
        self._recover_stale()
        self.env["dunning.delivery"]._follow_missed_notifications()
        companies = self._get_open_companies()
        self._await_opening(companies)
        cron._commit_progress()
        return companies

    @api.model
    def _deliver_next_batch(self, companies):
        """Claim the next notices of the outbox, send them and commit. Return them, none when it
        is empty."""
        batch = self._claim_next_batch(companies)
        if batch:
            self.env["ir.cron"]._commit_progress(remaining=self._count_outbox(companies))
            for company, notices in batch.grouped("company_id").items():
                notices._deliver(company._get_dunning_today(), checkpoint=self.env.cr.commit)
            batch._settle_runs()
        return batch

    @api.model
    def _get_delivery_cron(self):
        return self.env.ref("account_credit_management.ir_cron_send_notices").sudo()

    def _trigger_delivery(self):
        self._get_delivery_cron()._trigger()

    # === BUSINESS ===#
    @api.model
    def _get_outbox_sql(self):
        """Condition on the notices that may be sent now."""
        return SQL(
            "(state = 'ready' OR (state = 'failed' AND retry_date <= %s))", fields.Datetime.now()
        )

    @api.model
    def _count_outbox(self, companies):
        query = SQL(
            "SELECT COUNT(*) FROM dunning_notice WHERE %s AND %s",
            self._get_outbox_sql(),
            self._get_window_sql(companies),
        )
        return self.env.execute_query(query)[0][0]

    def _claim_next_batch(self, companies):
        """Claim as the first statement of a transaction; start over when another was faster."""
        for _attempt in range(10):
            try:
                return self._claim(limit=BATCH_SIZE, condition=self._get_window_sql(companies))
            except psycopg2.errors.SerializationFailure:
                self.env.cr.rollback()
        return self.browse()

    @api.model
    def _claim(self, limit=None, ids=None, condition=None):
        """Mark notices of the outbox as being sent and return them.

        One statement finds, locks and marks them, so that two workers never get the same one.
        The part that locks is materialized: as a subquery of ``IN`` a nested loop would run it
        once per row, and the limit would be no limit.
        """
        self.flush_model(["state", "retry_date"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH claimed AS MATERIALIZED (
                       SELECT id FROM dunning_notice
                        WHERE %(outbox)s %(ids)s %(condition)s
                        ORDER BY id
                        LIMIT %(limit)s
                          FOR NO KEY UPDATE SKIP LOCKED)
                UPDATE dunning_notice AS notice
                   SET state = 'sending', claim_date = %(now)s, attempts = notice.attempts + 1,
                       failure_reason = NULL, retry_date = NULL, handover_date = NULL
                  FROM claimed
                 WHERE notice.id = claimed.id
             RETURNING notice.id""",
                now=fields.Datetime.now(),
                outbox=self._get_outbox_sql(),
                ids=SQL("AND id IN %s", tuple(ids)) if ids else SQL(),
                condition=SQL("AND %s", condition) if condition else SQL(),
                limit=limit,
            )
        )
        claimed = self.browse(sorted(row[0] for row in rows))
        claimed.invalidate_recordset()
        lines = claimed.line_ids.filtered(lambda line: line.state in ("ready", "failed"))
        lines.sudo().write({"state": "sending"})
        return claimed

    def _send(self, day):
        """Send these notices in the current transaction, without committing."""
        if not self:
            return
        self._check_day(day)
        self.sudo()._claim(ids=self.ids)._deliver(day)
        self.run_id._update_state()

    def _check_day(self, day):
        """Refuse to send before the day for which it was decided."""
        for notice in self:
            if notice.date > day:
                raise UserError(
                    self.env._(
                        "%(notice)s was decided for %(date)s and cannot be sent before that day.",
                        notice=notice.display_name,
                        date=fields.Date.to_string(notice.date),
                    )
                )

    def _settle_runs(self):
        """Let the runs of delivered notices follow, in transactions of their own.

        Workers share runs: a conflict about the state of a run must never undo the memory of a
        message that has left the house. Whoever comes last sees what all others sent.
        """
        self.sudo().run_id._settle()

    def _deliver(self, day, checkpoint=_no_checkpoint):
        """Send claimed notices. One that fails never stops the others.

        :param datetime.date day: the day of sending, from which the gaps count
        :param checkpoint: called where a scheduled action commits: after everything is prepared,
            before each hand-over to the mail server and after it
        """
        claimed = self.sudo().with_context(
            tracking_disable=True, dunning_delivery=True, **{COMPILED_TEXTS: CompiledTexts()}
        )
        valid = claimed._recheck(day)
        testing = valid.filtered("company_id.dunning_test_mode")
        testing._deliver_in_test_mode()
        mails = (valid - testing)._prepare_or_fail(day)
        checkpoint()
        claimed._hand_over(mails, day, checkpoint)

    def _prepare_or_fail(self, day):
        """Render and store everything these notices need, all together.

        When that fails they are prepared in halves, until the one that cannot be is alone and
        fails without the others.

        :return: the mails to hand over by notice, without notices that go out without one (a
            letter counts as sent as soon as it exists) and those that failed
        :rtype: dict
        """
        if not self:
            return {}
        try:
            with self.env.cr.savepoint():
                return self._prepare_deliveries(day)
        except psycopg2.OperationalError:
            raise  # a lost connection or a serialization failure is not these notices' fault
        except Exception as error:
            self.env.invalidate_all(flush=False)
            if len(self) > 1:
                middle = len(self) // 2
                halves = (self.browse(self.ids[:middle]), self.browse(self.ids[middle:]))
                return halves[0]._prepare_or_fail(day) | halves[1]._prepare_or_fail(day)
            _logger.warning("%s could not be prepared: %s", self.name, error, exc_info=True)
            self._fail(str(error) or type(error).__name__)
            return {}

    def _prepare_deliveries(self, day):
        """Render what is sent by the chosen channels, so that an error shows before anything has
        left the house, and send what needs no mail server.

        :return: the mails to hand over by notice
        :rtype: dict
        """
        # Read together what each text asks for.
        self.line_ids.move_line_id.move_id.mapped("name")
        for notice in self:
            notice._portal_ensure_token()
        reachable = self._drop_unreachable_channels()
        by_letter = reachable.filtered(lambda notice: notice._needs_letter())
        for notice, letter in by_letter._create_letters().items():
            notice.letter_id = letter
        for notice in reachable.filtered("use_sms"):
            notice._render_sms()
        by_email = reachable.filtered(
            lambda notice: notice.use_email and not notice._is_delivered("email")
        )
        mails = by_email._create_mails()
        for notice in reachable - by_email:
            notice._complete(day)
        return mails

    def _mark_sent(self, day):
        """Remember that a notice went out on ``day`` and tell the debtor's chatter."""
        for notice in self:
            notice._remember_sent(day)
            notice._log_sent()

    def _remember_sent(self, day):
        """Make memory of a notice that went out on ``day``; gaps and terms count from it."""
        self.ensure_one()
        self._transition(
            "sent",
            line_values={
                "sent_date": day,
                "term_date": day + timedelta(days=self.level_id.payment_days),
            },
            sent_date=day,
            interrupted=False,
            failure_reason=False,
        )
        self._schedule_next_step()

    def _log_sent(self):
        """Tell the debtor's chatter what the e-mail there does not tell by itself."""
        if self.use_email and self.mail_message_id:
            return
        if self.use_letter:
            body = self.env._(
                "%(level)s of %(amount)s sent as a letter (%(notice)s).",
                level=self.level_id.name,
                amount=self.currency_id.format(self.amount_total),
                notice=self.name,
            )
        elif self.stage == "handover":
            body = self.env._(
                "%(level)s: %(amount)s is ready to be handed over (%(notice)s).",
                level=self.level_id.name,
                amount=self.currency_id.format(self.amount_total),
                notice=self.name,
            )
        else:
            return
        self.partner_id.message_post(
            body=body, attachment_ids=self.letter_id.ids, subtype_xmlid="mail.mt_note"
        )

    def _is_last_attempt(self):
        return self.attempts >= MAX_ATTEMPTS

    def _fail(self, reason, channel=None):
        """Take a notice out of the way with the reason, and set the next attempt.

        :param str channel: which one failed; empty when nothing could be sent by any
        """
        for notice in self:
            notice._discard_message()
            for failed in [channel] if channel else notice._get_chosen_channels():
                if failed == "email" or not notice._is_delivered(failed):
                    notice._open_delivery(failed)._transition("failed", reason)
            delay = timedelta(hours=notice.attempts or 1)
            notice._transition(
                "failed",
                failure_reason=reason,
                retry_date=not notice._is_last_attempt() and fields.Datetime.now() + delay,
            )

    def _flag_interrupted(self):
        """Leave it to a person to find out whether a message arrived."""
        self.write(
            {
                "interrupted": True,
                "failure_reason": self.env._(
                    "Sending was interrupted: please find out whether the message arrived."
                ),
            }
        )
        for notice in self:
            notice._log_transition("failed", notice.failure_reason)
            if notice.run_id:
                # Quietly: the mail server has just failed.
                run = notice.run_id.with_context(mail_activity_quick_update=True)
                run.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Did reminder %s arrive?", notice.name),
                    note=notice.failure_reason,
                    user_id=notice.partner_id._get_dunning_assignee(notice.company_id).id,
                )

    def _reset_interrupted(self):
        for notice in self:
            notice._discard_message()
            notice.delivery_ids.filtered(
                lambda delivery: delivery.channel == "email" and delivery.state == "queued"
            )._transition("failed", self.env._("Sending was interrupted."))
            notice._transition("ready", interrupted=False, failure_reason=False)

    @api.model
    def _recover_stale(self):
        """Look after notices whose worker died.

        Not handed to a mail server yet: nothing left the house, back to the outbox. Handed over:
        only a person can find out.
        """
        stale = (
            self.sudo()
            .search(
                [
                    ("state", "=", "sending"),
                    ("claim_date", "<", fields.Datetime.now() - STALE_AFTER),
                    ("interrupted", "=", False),
                ]
            )
            .try_lock_for_update()
        )
        handed_over = stale.filtered("handover_date")
        handed_over._flag_interrupted()
        (stale - handed_over)._reset_interrupted()
