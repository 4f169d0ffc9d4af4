from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .dunning_notice_delivery import STALE_AFTER

MINUTE = timedelta(minutes=1)


class DunningNotice(models.Model):
    """What the mail server takes: a company sends no more e-mails in a minute than it says.

    All workers and servers count together, as they do so in the statement that takes notices from
    the outbox: an e-mail counts from the moment at which a worker takes it until a minute after it
    was handed over. Letters and text messages go on, and what somebody sends by hand goes at once.
    """

    _inherit = "dunning.notice"

    _handover_date_idx = models.Index("(handover_date) WHERE handover_date IS NOT NULL")

    # === BUSINESS ===#
    @api.model
    def _deliver_next_batch(self, companies):
        # EXTENDS: come back for what the minute did not allow
        batch = super()._deliver_next_batch(companies)
        limited = companies.filtered("dunning_emails_per_minute")
        if any(self._is_minute_used_up(company) for company in limited):
            self._await_next_minute()
        return batch

    @api.model
    def _get_window_sql(self, companies):
        # EXTENDS: of companies with a limit no more e-mails than are left of the minute
        limited = companies.filtered("dunning_emails_per_minute")
        windows = [self._get_limited_window_sql(company) for company in limited]
        windows.append(super()._get_window_sql(companies - limited))
        return SQL("(%s)", SQL(" OR ").join(windows))

    @api.model
    def _get_limited_window_sql(self, company):
        """The same notices for all who ask at one moment, so that two workers never take one
        minute's e-mails each."""
        return SQL(
            """
            (%(window)s AND (use_email IS NOT TRUE OR id IN (
                SELECT id
                  FROM dunning_notice
                 WHERE %(outbox)s AND %(window)s AND use_email
                 ORDER BY id
                 LIMIT GREATEST(0, %(limit)s
                       - (SELECT COUNT(*) FROM dunning_notice
                           WHERE company_id = %(company_id)s AND use_email
                             AND handover_date > %(minute_ago)s)
                       - (SELECT COUNT(*) FROM dunning_notice
                           WHERE company_id = %(company_id)s AND use_email
                             AND state = 'sending' AND handover_date IS NULL
                             AND claim_date > %(stale)s)))))""",
            window=super()._get_window_sql(company),
            outbox=self._get_outbox_sql(),
            limit=company.dunning_emails_per_minute,
            company_id=company.id,
            minute_ago=fields.Datetime.now() - MINUTE,
            stale=fields.Datetime.now() - STALE_AFTER,
        )

    @api.model
    def _is_minute_used_up(self, company):
        """Whether e-mails of this company wait for nothing but the next minute."""
        query = SQL(
            "SELECT EXISTS (SELECT FROM dunning_notice WHERE %s AND %s AND use_email)",
            self._get_outbox_sql(),
            super()._get_window_sql(company),
        )
        return self.env.execute_query(query)[0][0] and not self._count_outbox(company)

    @api.model
    def _await_next_minute(self):
        """Wake up the scheduled action in a minute, if nothing does before."""
        cron = self._get_delivery_cron()
        now = fields.Datetime.now()
        planned = [("call_at", ">", now), ("call_at", "<=", now + MINUTE)]
        triggers = self.env["ir.cron.trigger"].sudo()
        if not triggers.search_count([("cron_id", "=", cron.id), *planned], limit=1):
            cron._trigger(at=now + MINUTE)
