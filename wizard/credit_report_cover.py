from odoo import api, fields, models


class CreditReportCover(models.TransientModel):
    """Note what an insurer was told. A wizard: a form of the report itself would be saved when
    the browser is closed over it, and a deadline would pass unseen."""

    _name = "credit.report.cover"
    _description = "Note a Report to the Insurer"

    # === FIELDS ===#
    cover_id = fields.Many2one("credit.cover", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="cover_id.company_id.currency_id")
    date = fields.Date(
        "Reported On",
        required=True,
        default=lambda self: self.env.company._get_dunning_today(),
    )
    reference = fields.Char(help="Number under which the insurer keeps it.")
    available_line_ids = fields.Many2many(
        "account.move.line", compute="_compute_available_line_ids", export_string_translation=False
    )
    move_line_ids = fields.Many2many(
        "account.move.line",
        "credit_report_cover_line_rel",
        "wizard_id",
        "line_id",
        "Items",
        compute="_compute_move_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(compute="_compute_amount")

    # === COMPUTE ===#
    @api.depends("cover_id")
    def _compute_available_line_ids(self):
        for wizard in self:
            cover = wizard.cover_id
            wizard.available_line_ids = cover._get_unreported_items() if cover else False

    @api.depends("cover_id")
    def _compute_move_line_ids(self):
        for wizard in self:
            wizard.move_line_ids = wizard.available_line_ids

    @api.depends("move_line_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(wizard.move_line_ids.mapped("amount_residual"))

    # === ACTIONS ===#
    def action_confirm(self):
        self.ensure_one()
        self.env["credit.cover.report"].create(
            {
                "cover_id": self.cover_id.id,
                "date": self.date,
                "reference": self.reference,
                "move_line_ids": self.move_line_ids.ids,
            }
        )
        return {"type": "ir.actions.act_window_close"}
