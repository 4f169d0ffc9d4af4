from odoo import api, fields, models
from odoo.exceptions import UserError

from .dunning_level import CHANNEL_BITS
from .dunning_notice_line import NOTICE_STATES, REMOVABLE_STATES


class DunningNotice(models.Model):
    """One message to one debtor: all items that are reminded together.

    Made by a run, one per debtor, addressee and currency. Notices that are ready are the outbox;
    `dunning_notice_delivery.py` sends them, `dunning_notice_text.py` writes them, and
    `dunning_notice_state.py` is the only gate through which they change state.
    """

    _name = "dunning.notice"
    _description = "Dunning Notice"
    _inherit = ["credit.document", "portal.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char("Reference", required=True, readonly=True, copy=False)
    run_id = fields.Many2one("dunning.run", index=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    contact_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="restrict", help="Who is addressed."
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    level_id = fields.Many2one(
        "dunning.level",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The firmest level among the items: its text is used.",
    )
    stage = fields.Selection(related="level_id.stage")
    date = fields.Date(required=True, readonly=True)
    state = fields.Selection(NOTICE_STATES, required=True, readonly=True, index=True)
    manual_release = fields.Boolean(
        "Released by Hand", readonly=True, help="Waits until someone has released it."
    )
    line_ids = fields.One2many("dunning.notice.line", "notice_id", "Items", readonly=True)
    line_count = fields.Integer("Number of Items", compute="_compute_oldest")
    oldest_days = fields.Integer("Oldest Days Late", compute="_compute_oldest")
    amount_residual = fields.Monetary("Amount Due", readonly=True)
    amount_unallocated = fields.Monetary(
        "Received, Not Allocated",
        readonly=True,
        help="Older payments and credit notes of the debtor that nobody has allocated yet. "
        "They are too small to hold the reminder, and are deducted from it.",
    )
    amount_total = fields.Monetary(
        "Total", compute="_compute_amount_total", store=True, help="Everything this notice asks."
    )
    use_email = fields.Boolean("E-mail", readonly=True)
    use_letter = fields.Boolean("Letter", readonly=True)
    use_sms = fields.Boolean("Text Message", readonly=True)
    use_call = fields.Boolean("Phone Call", readonly=True)
    use_visit = fields.Boolean("Visit", readonly=True)
    channel = fields.Char(compute="_compute_channel")
    letter_id = fields.Many2one(
        "ir.attachment", "Letter (PDF)", readonly=True, copy=False, index="btree_not_null"
    )
    letter_printed = fields.Datetime(readonly=True, copy=False)
    mail_message_id = fields.Many2one(
        "mail.message", "Message", readonly=True, copy=False, index="btree_not_null"
    )
    sent_date = fields.Date("Sent On", readonly=True, copy=False, index="btree_not_null")
    attempts = fields.Integer(readonly=True, copy=False)
    claim_date = fields.Datetime(readonly=True, copy=False, help="When a worker took it.")
    handover_date = fields.Datetime(
        "Handed to the Mail Server",
        readonly=True,
        copy=False,
        help="Set before the message is handed over: after a crash it tells whether it may have "
        "left the house.",
    )
    retry_date = fields.Datetime("Next Attempt", readonly=True, copy=False)
    failure_reason = fields.Char(readonly=True, copy=False)
    interrupted = fields.Boolean(
        readonly=True,
        copy=False,
        help="Sending stopped midway and nobody can know whether the message arrived. "
        "It is never sent again by itself.",
    )

    _outbox_idx = models.Index("(id) WHERE state IN ('ready', 'sending', 'failed')")

    # === COMPUTE ===#
    @api.depends("name", "level_id", "partner_id")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = f"{notice.name} {notice.level_id.name}"

    @api.depends("amount_residual", "amount_unallocated")
    def _compute_amount_total(self):
        for notice in self:
            notice.amount_total = notice.amount_residual - notice.amount_unallocated

    @api.depends("line_ids.state", "line_ids.days_overdue")
    def _compute_oldest(self):
        for notice in self:
            lines = notice._get_valid_lines()
            notice.line_count = len(lines)
            notice.oldest_days = max(lines.mapped("days_overdue"), default=0)

    @api.depends(*(f"use_{channel}" for channel in CHANNEL_BITS))
    @api.depends_context("lang")
    def _compute_channel(self):
        labels = self.env["dunning.level"]._fields["preferred_channel"]
        labels = dict(labels._description_selection(self.env))
        for notice in self:
            chosen = [labels[channel] for channel in CHANNEL_BITS if notice[f"use_{channel}"]]
            notice.channel = " + ".join(chosen) or "–"

    def _compute_access_url(self):
        # EXTENDS 'portal'
        res = super()._compute_access_url()
        for notice in self:
            notice.access_url = f"/my/reminders/{notice.id}"
        return res

    # === CRUD ===#
    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Notices are kept as history. Cancel them instead."))

    # === ACTIONS ===#
    def action_release(self):
        """Release these notices and send them with the next delivery."""
        self._check_collector()
        self._release()
        self._trigger_delivery()

    def action_cancel(self):
        """Take these notices out of the run. Their items are proposed again by the next run."""
        self._check_collector()
        pending = self.filtered(lambda notice: notice.state != "cancelled")
        pending._check_removable()
        pending._transition("cancelled")

    def action_remove(self):
        """Ask why, and whether for this run only or until a day."""
        return self.env["dunning.remove.notice"]._get_open_action(self)

    def action_retry(self):
        self._check_collector()
        failed = self.filtered(lambda notice: notice.state == "failed")
        for notice in failed.sudo():
            notice._choose_channels_again()
        failed._transition("ready", attempts=0)
        self._trigger_delivery()

    def action_confirm_sent(self):
        """A person found out that an interrupted notice did arrive."""
        self._check_collector()
        for notice in self.sudo().filtered("interrupted"):
            notice._note_arrival()
            notice._finish_email(notice.company_id._get_dunning_day(notice.handover_date))

    def action_confirm_not_sent(self):
        """A person found out that an interrupted notice did not arrive: send it again."""
        self._check_collector()
        self.sudo().filtered("interrupted")._reset_interrupted()
        self._trigger_delivery()

    def action_print_letters(self):
        """Download the letters of these notices as one PDF and remember that they were printed."""
        notices = self.filtered(
            lambda notice: notice.state != "corrected" and notice.sudo()._get_printable_letters()
        )
        if not notices:
            raise UserError(
                self.env._("There is no letter to print yet: letters are made when notices go out.")
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/dunning/letters?ids={','.join(map(str, notices.ids))}",
            "target": "download",
        }

    def action_preview_letter(self):
        """Show the letter as it would go out now, without storing or sending anything."""
        report = self.env.ref("account_credit_management.action_report_dunning_notice")
        return report.report_action(self)

    def action_open_items(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Items"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", self.line_ids.move_line_id.move_id.ids)],
        }

    # === BUSINESS ===#
    @api.model
    def _get_list_action(self, domain, **context):
        """Open the list of reminders on those of a domain."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_dunning_notice"
        )
        return action | {"domain": domain, "context": context}

    def _check_collector(self):
        """Buttons write what the user may not write by hand: the right is checked here."""
        self.check_access("write")

    def _get_valid_lines(self):
        """The lines that still stand: those dropped while the notice was pending do not."""
        return self.line_ids.filtered(lambda line: line.state == line.notice_id.state)

    def _drop_lines(self, lines, state, reason):
        """Take lines out of a pending notice, which then follows those that are left.

        It keeps the firmest level among them, and goes with its last line.

        :return: whether anything is left of it
        """
        self.ensure_one()
        kept = self._get_valid_lines() - lines
        lines.sudo().state = state
        if not kept:
            self._transition(state, failure_reason=reason)
            return False
        level = max(kept, key=lambda line: line.severity).level_id
        amount = sum(kept.mapped("amount_residual"))
        if level != self.level_id or self.currency_id.compare_amounts(amount, self.amount_residual):
            self.sudo().write({"level_id": level.id, "amount_residual": amount})
        return True

    def _check_removable(self, lines=None):
        """Refuse to take out what is being sent, was sent, or is out already."""
        for notice in self:
            gone = lines is not None and not lines <= notice._get_valid_lines()
            if notice.state not in REMOVABLE_STATES or gone:
                raise UserError(
                    self.env._("%s was sent or removed meanwhile; look again.", notice.display_name)
                )

    def _remove_lines(self, lines, reason):
        """Cancel some or all lines of a notice for the reason a person gives.

        The next run decides about them anew.

        :raise UserError: when they are being sent, or were
        """
        self.ensure_one()
        self._check_removable(lines)
        if self._drop_lines(lines, "cancelled", reason):
            self._message_log(
                body=self.env._(
                    "%(items)s removed: %(reason)s",
                    items=", ".join(lines.mapped("move_name")),
                    reason=reason,
                )
            )

    def _release(self):
        """Move proposed notices into the outbox. Releasing twice is harmless."""
        self.fetch(["state"])
        self.filtered(lambda notice: notice.state == "proposed")._transition("ready")
