from odoo import api, fields, models

VIEWER = "account_credit_management.group_viewer"


class ResPartner(models.Model):
    """The story of a customer on one timeline, for salespeople too."""

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_timeline = fields.Html(
        "Timeline",
        compute="_compute_credit_timeline",
        compute_sudo=True,
        sanitize=False,
        groups=VIEWER,
        help="Orders, invoices, payments, reminders, promises and disputes, the latest first.",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company", "uid", "lang", "tz")
    def _compute_credit_timeline(self):
        story = self.env["credit.story"]
        for partner in self:
            debtor = partner.commercial_partner_id._origin
            events = story._get_events(self.env.company, debtor) if debtor else []
            partner.credit_timeline = story._render(events, latest_first=True)
