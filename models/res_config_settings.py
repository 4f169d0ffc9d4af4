from odoo import api, fields, models

from .res_company import DEBTOR_CODE_SEQUENCE


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # === FIELDS ===#

    debtor_code_check_digit = fields.Boolean(
        related="company_id.debtor_code_check_digit", readonly=False
    )

    dunning_policy_id = fields.Many2one(related="company_id.dunning_policy_id", readonly=False)
    dunning_user_id = fields.Many2one(related="company_id.dunning_user_id", readonly=False)
    dunning_reply_email = fields.Char(related="company_id.dunning_reply_email", readonly=False)
    dunning_begin = fields.Selection(
        related="company_id.dunning_begin", readonly=False, required=True
    )
    dunning_start_date = fields.Date(related="company_id.dunning_start_date", readonly=False)
    dunning_test_mode = fields.Boolean(related="company_id.dunning_test_mode", readonly=False)
    dunning_test_email = fields.Char(related="company_id.dunning_test_email", readonly=False)
    dunning_letter_window = fields.Selection(
        related="company_id.dunning_letter_window", readonly=False
    )
    dunning_post_letters = fields.Boolean(related="company_id.dunning_post_letters", readonly=False)
    dunning_post_available = fields.Boolean(compute="_compute_dunning_post_available")
    dunning_block_review_days = fields.Integer(
        related="company_id.dunning_block_review_days", readonly=False
    )
    dunning_saturday = fields.Boolean(related="company_id.dunning_saturday", readonly=False)
    dunning_send_from = fields.Float(
        compute="_compute_dunning_send_from",
        inverse="_inverse_dunning_send_hours",
        readonly=False,
    )
    dunning_send_until = fields.Float(
        compute="_compute_dunning_send_until",
        inverse="_inverse_dunning_send_hours",
        readonly=False,
    )
    dunning_weekly_cap = fields.Integer(related="company_id.dunning_weekly_cap", readonly=False)
    dunning_emails_per_minute = fields.Integer(
        related="company_id.dunning_emails_per_minute", readonly=False
    )
    dunning_bank_max_age = fields.Integer(related="company_id.dunning_bank_max_age", readonly=False)
    dunning_run_mail = fields.Boolean(related="company_id.dunning_run_mail", readonly=False)
    dunning_supplier_debits = fields.Boolean(
        related="company_id.dunning_supplier_debits", readonly=False
    )
    credit_count_drafts = fields.Boolean(related="company_id.credit_count_drafts", readonly=False)
    credit_count_quotations = fields.Boolean(
        related="company_id.credit_count_quotations", readonly=False
    )
    credit_orders_within_days = fields.Integer(
        related="company_id.credit_orders_within_days", readonly=False
    )
    credit_cover_mode = fields.Selection(
        related="company_id.credit_cover_mode", readonly=False, required=True
    )
    credit_hold_invoices = fields.Boolean(related="company_id.credit_hold_invoices", readonly=False)
    credit_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of the Company"
    )
    credit_max_collector = fields.Monetary(
        "Collectors Grant Up To",
        currency_field="credit_currency_id",
        compute="_compute_credit_max_collector",
        inverse="_inverse_credit_max",
        readonly=False,
    )
    credit_max_manager = fields.Monetary(
        "Managers Grant Alone Up To",
        currency_field="credit_currency_id",
        compute="_compute_credit_max_manager",
        inverse="_inverse_credit_max",
        readonly=False,
    )
    credit_assessment_days = fields.Integer(
        related="company_id.credit_assessment_days", readonly=False
    )
    credit_user_id = fields.Many2one(related="company_id.credit_user_id", readonly=False)
    dunning_automatic = fields.Boolean(
        "Automatic Reminders",
        compute="_compute_dunning_automatic",
        inverse="_inverse_dunning_automatic",
        help="Every day the reminders that fall due are proposed, and those released "
        "automatically are sent. Holds for all companies.",
    )

    # === COMPUTE ===#

    @api.depends("company_id")
    def _compute_dunning_post_available(self):
        """The postal service is a module of its own, which need not be installed."""
        self.dunning_post_available = "snailmail.letter" in self.env

    def _compute_dunning_automatic(self):
        cron = self.env.ref("account_credit_management.ir_cron_run_dunning").sudo()
        self.dunning_automatic = cron.active

    def _inverse_dunning_automatic(self):
        """Odoo calls inverses of a changed settings form only; administrators alone save it."""
        cron = self.env.ref("account_credit_management.ir_cron_run_dunning").sudo()
        for settings in self:
            if cron.active != settings.dunning_automatic:
                cron.active = settings.dunning_automatic

    @api.depends("company_id")
    def _compute_dunning_send_from(self):
        for settings in self:
            settings.dunning_send_from = settings.company_id.dunning_send_from

    @api.depends("company_id")
    def _compute_dunning_send_until(self):
        for settings in self:
            settings.dunning_send_until = settings.company_id.dunning_send_until

    def _inverse_dunning_send_hours(self):
        """Both at once, unlike related fields: the new beginning may lie after the old end."""
        for settings in self:
            settings.company_id.write(
                {
                    "dunning_send_from": settings.dunning_send_from,
                    "dunning_send_until": settings.dunning_send_until,
                }
            )

    @api.depends("company_id")
    def _compute_credit_max_collector(self):
        for settings in self:
            settings.credit_max_collector = settings.company_id.credit_max_collector

    @api.depends("company_id")
    def _compute_credit_max_manager(self):
        for settings in self:
            settings.credit_max_manager = settings.company_id.credit_max_manager

    def _inverse_credit_max(self):
        """Both at once, unlike related fields: what collectors may grant now may be more than
        what managers could until now."""
        for settings in self:
            settings.company_id.write(
                {
                    "credit_max_collector": settings.credit_max_collector,
                    "credit_max_manager": settings.credit_max_manager,
                }
            )

    # === ACTIONS ===#

    def action_pause_dunning_of_company(self):
        """Open the form of a pause for days on which only this company is closed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pause Reminders of %s", self.company_id.name),
            "res_model": "dunning.block",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_company_id": self.company_id.id,
                "default_reason": self.env._("Closed"),
            },
        }

    def action_open_debtor_code_sequences(self):
        """Show the numbering of debtor codes; more than one when companies have their own."""
        sequences = (
            self.env["ir.sequence"]
            .with_context(active_test=False)
            .search([("code", "=", DEBTOR_CODE_SEQUENCE)])
        )
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Debtor Code Numbering"),
            "res_model": "ir.sequence",
            "domain": [("code", "=", DEBTOR_CODE_SEQUENCE)],
            "context": {
                "active_test": False,
                "default_code": DEBTOR_CODE_SEQUENCE,
                "default_name": self.env._("Debtor Code"),
                "default_prefix": "D",
                "default_padding": 5,
            },
        }
        if len(sequences) == 1:
            return {**action, "view_mode": "form", "res_id": sequences.id}
        return {**action, "view_mode": "list,form"}
