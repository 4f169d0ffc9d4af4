from odoo import api, fields, models

CONTACT_CHANNELS = [("call", "Phone Call"), ("visit", "Visit")]


class MailActivity(models.Model):
    """Calls and visits that dunning asks for. What came of them is logged as a contact."""

    _inherit = "mail.activity"

    # === FIELDS ===#
    dunning_channel = fields.Selection(
        CONTACT_CHANNELS,
        "Contact",
        readonly=True,
        index="btree_not_null",
        help="A call or visit that reminders ask for; empty for every other activity.",
    )
    dunning_company_id = fields.Many2one("res.company", readonly=True)
    dunning_notice_id = fields.Many2one(
        "dunning.notice",
        "Reminder",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="account_credit_management.group_collector",
    )
    dunning_move_ids = fields.Many2many(
        "account.move",
        "mail_activity_dunning_move_rel",
        "activity_id",
        "move_id",
        "Invoices",
        readonly=True,
        groups="account_credit_management.group_collector",
        help="What the talk is about when it is not about a reminder.",
    )
    dunning_currency_id = fields.Many2one(related="dunning_company_id.currency_id")
    dunning_amount = fields.Monetary(
        "Amount",
        "dunning_currency_id",
        readonly=True,
        help="What it was about when it was made, in the currency of the company: the order in "
        "which to make the calls.",
    )
    dunning_attempts = fields.Integer("Attempts", readonly=True, copy=False)
    dunning_phone = fields.Char("Phone", compute="_compute_dunning_phone", compute_sudo=True)
    dunning_task = fields.Char(
        readonly=True, help="Technical name of a job of which a debtor gets one at a time."
    )

    # === COMPUTE ===#
    @api.depends("dunning_channel", "res_id")
    def _compute_dunning_phone(self):
        for activity in self:
            activity.dunning_phone = False
            if activity.dunning_channel:
                contact = activity.dunning_notice_id.contact_id
                debtor = self.env["res.partner"].browse(activity.res_id).exists()
                activity.dunning_phone = contact.phone or debtor.phone

    # === CRUD ===#
    def unlink(self):
        """A call that someone crosses out was not made: its reminder goes on without it."""
        crossed_out = []
        if not self.env.context.get("dunning_contact_closed"):
            crossed_out = [
                (activity.dunning_notice_id, activity.dunning_channel)
                for activity in self.sudo()
                if activity.active and activity.dunning_notice_id and activity.dunning_channel
            ]
        res = super().unlink()
        for notice, channel in crossed_out:
            notice._tell_contact_failed(channel, self.env._("The activity was cancelled."))
        return res

    # === ACTIONS ===#
    def action_log_dunning_contact(self):
        """Ask what came of this call or visit."""
        self.ensure_one()
        return self.env["dunning.log.contact"]._get_open_action(activity=self)

    def action_dunning_no_answer(self):
        """Nobody answered: one click from the list of calls."""
        for activity in self:
            wizard = self.env["dunning.log.contact"].create(
                {"activity_id": activity.id, "channel": activity.dunning_channel}
            )
            wizard._log("no_answer")

    # === BUSINESS ===#
    def _action_done(self, feedback=False, attachment_ids=None):
        # EXTENDS 'mail'
        """Marking a call as done tells that someone was spoken to, whatever was said."""
        talks = self.filtered(lambda activity: activity.dunning_channel and activity.active)
        res = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        talks.exists()._log_done(feedback)
        return res

    def _log_done(self, feedback):
        """Log activities as contacts; their message is in the chatter already."""
        contacts = self.env["dunning.contact"].sudo().with_context(dunning_contact_quiet=True)
        for activity in self.sudo():
            contacts.create(
                {
                    **activity._prepare_contact_values(),
                    "outcome": "other",
                    "note": feedback or self.env._("Marked as done."),
                }
            )

    def _prepare_contact_values(self):
        """Values of a contact that this activity asked for."""
        self.ensure_one()
        return {
            "partner_id": self.res_id,
            "company_id": self.dunning_company_id.id,
            "activity_id": self.id,
            "notice_id": self.dunning_notice_id.id,
            "channel": self.dunning_channel,
        }

    def _close_dunning_contact(self, feedback=False):
        """Take calls and visits off the list, without the message of Odoo: the contact has one."""
        activities = self.sudo().filtered("active")
        activities.action_archive()
        activities.feedback = feedback

    @api.model
    def _get_dunning_contact_domain(self, company, partner, channel=None):
        """Domain of the calls and visits that are still to be made to a debtor."""
        return [
            ("dunning_channel", "=", channel) if channel else ("dunning_channel", "!=", False),
            ("dunning_company_id", "=", company.id),
            ("res_model", "=", "res.partner"),
            ("res_id", "=", partner.id),
        ]

    def _get_next_dunning_contact(self):
        """The call or visit to make after this one: mine, due, and the largest amount."""
        return self.search(
            [
                ("dunning_channel", "!=", False),
                ("dunning_company_id", "in", self.env.companies.ids),
                ("user_id", "=", self.env.uid),
                ("date_deadline", "<=", fields.Date.context_today(self)),
                ("id", "not in", self.ids),
            ],
            order="dunning_amount desc, date_deadline, id",
            limit=1,
        )
