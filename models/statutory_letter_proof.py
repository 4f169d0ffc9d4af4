from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class StatutoryLetter(models.Model):
    """Receipt: presumed by law, proven, or contested; and a new letter for one that was void."""

    _inherit = "statutory.letter"

    # === FIELDS ===#
    is_resendable = fields.Boolean(compute="_compute_is_resendable", compute_sudo=True)

    # === COMPUTE ===#
    @api.depends("state", "notice_id.state", "item_ids.move_line_id.amount_residual_currency")
    def _compute_is_resendable(self):
        for letter in self:
            letter.is_resendable = (
                letter.state == "void"
                and letter.notice_id.state == "sent"
                and any(item.amount_residual_currency > 0 for item in letter.item_ids.move_line_id)
            )

    # === ACTIONS ===#
    def action_prove_receipt(self):
        """Ask when it was received, and how that is proven."""
        return self._get_receipt_action("proven", self.env._("Receipt Proven"))

    def action_contest_receipt(self):
        """Ask why it is said that it was not received."""
        return self._get_receipt_action("contested", self.env._("Not Received"))

    def action_send_again(self):
        """Let the next run send a reminder of this level anew, as the letter does not count.

        The debtor hears nothing of it: what he got was right but for the law of costs.

        :raise UserError: when it does count, or its items went on to a later level
        """
        self.notice_id._check_collector()
        for letter in self.sudo():
            notice = letter.notice_id
            if not letter.is_resendable:
                raise UserError(
                    self.env._("%s counts, or was withdrawn or paid already.", letter.display_name)
                )
            if notice._has_gone_on():
                raise UserError(
                    self.env._(
                        "The items of %s are in a later reminder already. Withdraw that one first.",
                        notice.name,
                    )
                )
            notice._transition(
                "corrected",
                failure_reason=self.env._("Sent again: %s", letter.void_reason),
            )
            letter.activity_ids.unlink()

    def action_open_notice(self):
        self.ensure_one()
        return self.notice_id._get_records_action()

    def action_open_items(self):
        self.ensure_one()
        return self.item_ids.move_id._get_records_action(name=self.env._("Invoices"))

    def action_open_charges(self):
        self.ensure_one()
        return self.env["receivable.charge"]._get_list_action([("letter_id", "=", self.id)])

    def _get_receipt_action(self, outcome, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "statutory.letter.receipt",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_letter_id": self.id, "default_outcome": outcome},
        }

    # === BUSINESS ===#
    def _prove(self, day, proof, files=()):
        """Let the term of a letter count from the day on which it was really received.

        :param datetime.date day: of receipt
        :param str proof: how it is proven
        :param files: pairs of a name and the contents, kept in the chatter
        :raise UserError: when it does not count, or for a day that cannot be
        """
        self.ensure_one()
        letter = self.sudo()
        today = letter.company_id._get_dunning_today()
        if letter.state == "void":
            raise UserError(self.env._("%s does not count: send it again.", self.display_name))
        if not letter.notice_id.sent_date <= day <= today:
            raise UserError(
                self.env._(
                    "It was sent on %s: it can only have been received from then until today.",
                    format_date(self.env, letter.notice_id.sent_date),
                )
            )
        letter.write({"received_date": day, "received_proven": True, "proof": proof})
        letter._follow_reminder()
        self._log_receipt(
            self.env._(
                "Received on %(day)s: %(proof)s", day=format_date(self.env, day), proof=proof
            ),
            files,
        )
        letter._settle(today)

    def _contest(self, reason, files=()):
        """The debtor denies receipt and it cannot be proven: the letter does not count.

        :raise UserError: when it does not count already
        """
        self.ensure_one()
        if self.state == "void":
            raise UserError(self.env._("%s does not count already.", self.display_name))
        self._log_receipt(self.env._("Not received: %s", reason), files)
        self._void(self.env._("Receipt cannot be proven: %s", reason))

    def _log_receipt(self, text, files):
        self.sudo().message_post(body=text, attachments=list(files), subtype_xmlid="mail.mt_note")
