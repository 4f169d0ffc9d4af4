from odoo import api, fields, models
from odoo.exceptions import UserError

CHANNEL_LABELS = [("email", "E-mail"), ("letter", "Letter"), ("sms", "Text message")]


class DunningPreviewText(models.TransientModel):
    """What a debtor reads at a level: in a language, by a channel, of a debtor or invented."""

    _name = "dunning.preview.text"
    _description = "Preview of a Reminder's Text"

    # === FIELDS ===#
    level_id = fields.Many2one("dunning.level", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    channel = fields.Selection(
        CHANNEL_LABELS,
        required=True,
        compute="_compute_channel",
        store=True,
        readonly=False,
        precompute=True,
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Debtor",
        default=lambda self: self._default_partner_id(),
        help="With open invoices of this debtor. Empty: an invented example.",
    )
    subject = fields.Char(compute="_compute_text")
    body = fields.Html(compute="_compute_text", sanitize=False)
    sms = fields.Text("Message", compute="_compute_text")
    remark = fields.Char(compute="_compute_text")

    # === COMPUTE ===#
    @api.model
    def _default_partner_id(self):
        """The debtor of the oldest open invoice."""
        item = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.env.company.id),
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("move_id.move_type", "=", "out_invoice"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual_currency", ">", 0),
                ],
                order="date_maturity, id",
                limit=1,
            )
        )
        return item.partner_id.commercial_partner_id

    @api.depends("level_id")
    def _compute_channel(self):
        for preview in self:
            channels = [
                channel for channel, _label in CHANNEL_LABELS if preview.level_id[f"use_{channel}"]
            ]
            preview.channel = channels[0] if channels else "email"

    @api.depends("level_id", "company_id", "channel", "lang", "partner_id")
    def _compute_text(self):
        for preview in self:
            preview.subject = preview.body = preview.sms = preview.remark = False
            example = self.env["dunning.notice"]._new_example(
                preview.level_id._origin,
                preview.company_id,
                preview.lang,
                preview.partner_id._origin,
            )
            try:
                with self.env.cr.savepoint(flush=False):
                    subject, text = example._render_example(preview.channel)
            except Exception as error:
                preview.remark = self.env["dunning.notice"]._get_render_error(error)
                continue
            preview.subject = subject
            if preview.channel == "sms":
                preview.sms = text
                continue
            preview.body = text
            if example._get_text_language() != preview.lang:
                preview.remark = self.env._(
                    "There is no text in this language: debtors get it in English."
                )

    # === ACTIONS ===#
    def action_open_template(self):
        """Open the template behind the text, to change it."""
        self.ensure_one()
        level = self.level_id
        is_sms = self.channel == "sms"
        template = level._get_sms_template() if is_sms else level._get_mail_template()
        if not template:
            raise UserError(self.env._("Level “%s” has no text yet.", level.name))
        return {
            "type": "ir.actions.act_window",
            "res_model": template._name,
            "res_id": template.id,
            "view_mode": "form",
        }
