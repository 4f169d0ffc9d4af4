from odoo import api, fields, models
from odoo.tools import SQL, format_datetime


class DunningNotice(models.Model):
    """The hours of sending: outside them the scheduled action leaves notices in the outbox.

    Whoever clicks "Send" means now; only what is sent by itself keeps to the hours.
    """

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    @api.model
    def _get_open_companies(self):
        """Companies whose messages may leave the house at this moment."""
        now = fields.Datetime.now()
        companies = self.env["res.company"].sudo().with_context(active_test=False).search([])
        return companies.filtered(lambda company: company._is_dunning_send_time(now))

    @api.model
    def _await_opening(self, open_companies):
        """Wake up the scheduled action when the next company opens for which something waits."""
        groups = self.sudo()._read_group(
            [
                ("company_id", "not in", open_companies.ids),
                "|",
                ("state", "=", "ready"),
                "&",
                ("state", "=", "failed"),
                ("retry_date", "!=", False),
            ],
            ["company_id"],
        )
        openings = {self._get_next_opening(company) for (company,) in groups}
        cron = self._get_delivery_cron()
        planned = (
            self.env["ir.cron.trigger"]
            .sudo()
            .search([("cron_id", "=", cron.id), ("call_at", "in", list(openings))])
        )
        missing = openings - set(planned.mapped("call_at"))
        if missing:
            cron._trigger(at=sorted(missing))

    @api.model
    def _get_next_opening(self, companies):
        """The first moment (UTC) at which messages of one of these companies may be sent."""
        now = fields.Datetime.now()
        return min(company._get_next_dunning_send_time(now) for company in companies.sudo())

    def _get_delivery_message(self):
        """Tell whoever leaves notices to the scheduled action when they go out."""
        opening = self._get_next_opening(self.company_id)
        if opening <= fields.Datetime.now():
            return self.env._("%s notices are sent in the background.", len(self))
        return self.env._(
            "%(count)s notices are sent in the background, from %(moment)s.",
            count=len(self),
            moment=format_datetime(
                self.env,
                opening,
                tz=self.company_id[:1]._get_dunning_timezone().zone,
                dt_format="EEEE d MMMM HH:mm",
            ),
        )

    @api.model
    def _get_window_sql(self, companies):
        """Condition on the notices of these companies whose day has come.

        A notice is never sent before the day for which it was decided: not by a run of next week
        that was released today, and not by a server whose clock is behind.
        """
        by_day = companies.grouped(lambda company: company._get_dunning_today())
        return SQL(
            "(%s)",
            SQL(" OR ").join(
                SQL("(company_id IN %s AND date <= %s)", tuple(those.ids), day)
                for day, those in by_day.items()
            )
            if by_day
            else SQL("FALSE"),
        )
