import logging

import psycopg2

from odoo import fields, models

_logger = logging.getLogger(__name__)


class DunningNotice(models.Model):
    """Calls, visits and next steps: what a reminder asks people to do."""

    _inherit = "dunning.notice"

    # === FIELDS ===#
    contact_activity_ids = fields.One2many(
        "mail.activity", "dunning_notice_id", "Calls and Visits to Make", readonly=True
    )
    dunning_contact_ids = fields.One2many(
        "dunning.contact", "notice_id", "Logged Contacts", readonly=True
    )

    # === ACTIONS ===#
    def action_log_contact(self):
        """Log a talk with the debtor about this reminder."""
        self.ensure_one()
        return self.env["dunning.log.contact"]._get_open_action(notice=self)

    # === BUSINESS: CALLS AND VISITS ===#
    def _schedule_contact(self, channel):
        """Ask for a call to, or a visit of, the debtor: one activity, whose script tells what to
        say.

        Calling it again returns the activity that is there already.

        :param str channel: ``call`` or ``visit``
        """
        self.ensure_one()
        notice = self.sudo()
        existing = notice.contact_activity_ids.filtered(
            lambda activity: activity.active and activity.dunning_channel == channel
        )
        if existing:
            return existing[:1]
        user = notice._get_contact_user()
        localized = notice.with_context(lang=user.lang)
        return notice.partner_id._schedule_dunning_activity(
            notice.company_id,
            "account_credit_management.mail_activity_type_visit"
            if channel == "visit"
            else "mail.mail_activity_data_call",
            user=user,
            summary=localized._get_activity_summary(),
            note=localized._render_contact_note(channel),
            dunning_channel=channel,
            dunning_notice_id=notice.id,
            dunning_amount=notice._get_company_amount(),
        )

    def _get_contact_user(self):
        """The colleague who does what the level asks for."""
        self.ensure_one()
        return self.partner_id._get_dunning_assignee(
            self.company_id, self.level_id.activity_assignee
        )

    def _get_activity_summary(self):
        return f"{self.level_id.name}: {self.currency_id.format(self.amount_total)}"

    def _get_company_amount(self):
        """The amount of this notice in the currency of its company, at the rate of its date."""
        self.ensure_one()
        return self.currency_id._convert(
            self.amount_total, self.company_id.currency_id, self.company_id, self.date
        )

    def _render_contact_note(self, channel):
        """What to say and about what, for the colleague who calls or goes there, in the language
        of the context."""
        self.ensure_one()
        return self._render_text_view(
            "dunning_contact_note", channel=channel, contact=self.contact_id
        )

    def _tell_contact_done(self, channel, day):
        """Tell the delivery that the talk took place, when it waits for that."""
        notices = self.sudo().filtered(lambda notice: notice._get_awaited(channel))
        notices._contact_done(channel, day)

    def _tell_contact_failed(self, channel, reason):
        """Tell the delivery that the debtor cannot be reached this way, when it waits for it."""
        notices = self.sudo().filtered(lambda notice: notice._get_awaited(channel))
        notices._contact_failed(channel, reason)

    def _close_contact_activities(self):
        """Nobody needs to call any more: the notice was cancelled, withdrawn or settled."""
        activities = self.sudo().contact_activity_ids
        activities.with_context(dunning_contact_closed=True).unlink()

    def _transition(self, state, line_values=None, **values):
        # EXTENDS: a notice that will not go out takes its calls along
        res = super()._transition(state, line_values=line_values, **values)
        if state in ("obsolete", "cancelled", "corrected"):
            self._close_contact_activities()
        return res

    # === BUSINESS: NEXT STEP ===#
    def _schedule_next_step(self):
        """Make the activity that the level asks for once it was sent.

        The message has left the house by then: nothing that goes wrong here may undo that memory.
        """
        for notice in self.sudo().filtered("level_id.activity_type_id"):
            try:
                with self.env.cr.savepoint():
                    notice._create_next_step()
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("No next step could be made for %s", notice.name)
                notice.invalidate_recordset()

    def _create_next_step(self):
        self.ensure_one()
        user = self._get_contact_user()
        localized = self.with_context(lang=user.lang)
        activity_type = localized.level_id.activity_type_id
        return self.partner_id._schedule_dunning_activity(
            self.company_id,
            activity_type,
            user=user,
            summary=f"{activity_type.name}: {localized._get_activity_summary()}",
            note=localized._render_text_view("dunning_next_step_note"),
            deadline=activity_type._get_date_deadline(),
        )
