import logging

import psycopg2

from odoo import api, models
from odoo.tools import format_date, split_every

from .dispute_dossier import HOLDING_STATES
from .dispute_dossier_state import OVERDUE

_logger = logging.getLogger(__name__)

# How many disputes a scheduled run looks at before it commits.
REVIEW_BATCH = 50


class DisputeDossier(models.Model):
    """What time does with a dispute: its deadline passes."""

    _inherit = "dispute.dossier"

    # === CRON ===#
    @api.model
    def _cron_review(self):
        """Escalate what is too late, each company on its own day, and mend blocks that could not
        follow a payment."""
        cron = self.env["ir.cron"]
        todo = []
        for company in self.env["res.company"].sudo().search([]):
            found = self.sudo().search(
                [("company_id", "=", company.id), ("state", "in", HOLDING_STATES)], order="id"
            )
            todo += split_every(REVIEW_BATCH, found.ids, list)
        remaining = sum(map(len, todo))
        cron._commit_progress(remaining=remaining)
        for ids in todo:
            self.browse(ids)._review()
            remaining -= len(ids)
            if not cron._commit_progress(len(ids), remaining=remaining):
                break

    # === BUSINESS ===#
    def _review(self):
        """Review disputes; one that fails is logged and does not stop the others, and is tried
        again on the next day. One that somebody works on now waits until then too."""
        for dossier in self.sudo().try_lock_for_update():
            try:
                with self.env.cr.savepoint():
                    dossier._sync_blocks()
                    dossier._escalate(dossier._get_today())
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("Dispute %s could not be reviewed", dossier.id)

    def _escalate(self, day):
        """Let somebody else know, once, that a deadline has passed.

        :param datetime.date day: today
        """
        for dossier in self.sudo():
            if (
                dossier.state not in HOLDING_STATES
                or dossier.escalated_date
                or not dossier.deadline
                or dossier.deadline >= day
            ):
                continue
            dossier._with_gate_open().escalated_date = day
            user = dossier._get_escalation_user()
            text = self.env._(
                "%(dispute)s was to be settled by %(date)s.",
                dispute=dossier.name,
                date=format_date(self.env, dossier.deadline),
            )
            dossier._schedule(
                OVERDUE,
                user,
                text,
                self.env._("Responsible: %s", dossier.user_id.name or ""),
                day,
            )
            dossier.message_post(
                body=text,
                partner_ids=(user | dossier._get_colleagues()).partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )

    def _get_escalation_user(self):
        """Who hears of it: by the rule, the head of the department, the company's own choice, the
        contact for debtors; rather not who is responsible himself."""
        self.ensure_one()
        users = (
            self.rule_id.escalation_user_id
            + self.department_id.user_id
            + self.company_id.dispute_user_id
            + self.company_id.dunning_user_id
            + self._get_manager()
        ).filtered(lambda user: user.active and not user.share)
        return (users - self.user_id)[:1] or users[:1]
