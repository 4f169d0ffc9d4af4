from markupsafe import Markup

from odoo import models
from odoo.exceptions import AccessError, UserError


class DunningRun(models.Model):
    """Undo: a run that should never have been is taken back, what was sent included."""

    _inherit = "dunning.run"

    # === ACTIONS ===#
    def action_undo(self):
        """Cancel what was not sent, and withdraw what was with a message to the debtors.

        The items are again where they were before the run. Undoing twice changes nothing.

        :raise AccessError: for whoever is not a manager
        :raise UserError: while messages are being sent, or when nobody knows whether they were
        """
        if not self.env.user.has_group("account_credit_management.group_manager"):
            raise AccessError(self.env._("Only managers of Credit Management can undo a run."))
        self.check_access("write")
        for run in self:
            run._check_not_sending()
            run._cancel()
            by_hand = run.notice_ids.filtered(lambda notice: notice.state == "sent")._withdraw()
            if by_hand:
                run._ask_for_corrections(by_hand)

    # === BUSINESS ===#
    def _check_not_sending(self):
        sending = self.notice_ids.filtered(lambda notice: notice.state == "sending")
        if sending.filtered("interrupted"):
            raise UserError(
                self.env._(
                    "Sending of %s was interrupted. Please find out first whether it arrived.",
                    ", ".join(sending.filtered("interrupted").mapped("name")),
                )
            )
        if sending:
            raise UserError(
                self.env._("Messages of this run are being sent. Try again in a few minutes.")
            )

    def _ask_for_corrections(self, reasons):
        """Ask the user to tell the debtors who could not be told by e-mail.

        :param dict reasons: why, by notice
        """
        item = Markup("<li>%s, %s: %s</li>")
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Corrections that were not sent by e-mail"),
            note=Markup("<ul>%s</ul>")
            % Markup().join(
                item % (notice._get_html_link(notice.name), notice.partner_id.name, reason)
                for notice, reason in reasons.items()
            ),
            user_id=self.env.user.id,
        )
