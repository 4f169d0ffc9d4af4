from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class CreditCoverReport(models.Model):
    """What an insurer was told of, and when: the proof that a deadline was kept.

    Written once. Whoever made a mistake has a manager delete it, and the items are to be reported
    again.
    """

    _name = "credit.cover.report"
    _description = "Report to an Insurer"
    _order = "date desc, id desc"

    # === FIELDS ===#
    cover_id = fields.Many2one("credit.cover", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one(related="cover_id.partner_id")
    company_id = fields.Many2one(related="cover_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="cover_id.company_id.currency_id")
    date = fields.Date(
        required=True, default=fields.Date.context_today, help="Day on which they were told."
    )
    move_line_ids = fields.Many2many(
        "account.move.line",
        "credit_cover_report_line_rel",
        "report_id",
        "line_id",
        "Items",
        required=True,
        compute="_compute_move_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        help="Open when it was reported, in the currency of the company.",
    )
    user_id = fields.Many2one(
        "res.users", "Reported By", required=True, readonly=True, default=lambda self: self.env.uid
    )
    reference = fields.Char(help="Number under which the insurer keeps it.")

    # === CONSTRAINTS ===#
    @api.constrains("date")
    def _check_date(self):
        for report in self:
            if report.date > report.company_id._get_dunning_today():
                raise ValidationError(self.env._("Fill in the day on which it was reported."))

    @api.constrains("cover_id", "move_line_ids")
    def _check_move_line_ids(self):
        for report in self:
            if not report.move_line_ids:
                raise ValidationError(self.env._("Choose the items that were reported."))
            debtor = report.partner_id
            for line in report.move_line_ids:
                if (
                    line.partner_id.commercial_partner_id != debtor
                    or line.company_id != report.company_id
                    or line.account_type != "asset_receivable"
                ):
                    raise ValidationError(
                        self.env._(
                            "%(item)s is not an item of %(debtor)s.",
                            item=line.display_name,
                            debtor=debtor.display_name,
                        )
                    )

    # === COMPUTE ===#
    @api.depends("cover_id")
    def _compute_move_line_ids(self):
        for report in self:
            if report.cover_id and not report._origin:
                report.move_line_ids = report.cover_id._get_unreported_items()

    @api.depends("move_line_ids")
    def _compute_amount(self):
        for report in self:
            report.amount = sum(report.move_line_ids.mapped("amount_residual"))

    @api.depends("date", "partner_id")
    def _compute_display_name(self):
        for report in self:
            date = report.date and format_date(self.env, report.date)
            report.display_name = " · ".join(
                part for part in (report.partner_id.display_name, date) if part
            )

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create([{**vals, "user_id": self.env.uid} for vals in vals_list])
        for report in reports:
            report.cover_id.sudo()._message_log(body=report._get_log())
            report.cover_id._review_reports(report.company_id._get_dunning_today())
        return reports

    # === BUSINESS ===#
    def _get_log(self):
        self.ensure_one()
        return self.env._(
            "Reported on %(date)s: %(amount)s, %(documents)s",
            date=format_date(self.env, self.date),
            amount=self.currency_id.format(self.amount),
            documents=", ".join(self.move_line_ids.mapped("move_name")),
        )
