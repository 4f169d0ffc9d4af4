from odoo import api, fields, models


class InstallmentArrangement(models.Model):
    """Parts of the messages, as placeholders for their texts."""

    _inherit = "installment.arrangement"

    # === FIELDS ===#
    schedule_table = fields.Html(
        compute="_compute_schedule_table",
        compute_sudo=True,
        sanitize=False,
        help="The installments with what is left of each, for use in a text.",
    )
    payment_block = fields.Html(
        compute="_compute_payment_block",
        compute_sudo=True,
        sanitize=False,
        help="Amount, bank account, reference and the page of the debtor, for use in a text.",
    )
    page_button = fields.Html(
        compute="_compute_page_button",
        compute_sudo=True,
        sanitize=False,
        help="A button to the page of the debtor, for use in the text of an offer.",
    )

    # === COMPUTE ===#
    @api.depends("line_ids.amount", "line_ids.amount_left", "line_ids.date_due")
    @api.depends_context("lang")
    def _compute_schedule_table(self):
        for arrangement in self:
            arrangement.schedule_table = arrangement._render_text_view("arrangement_schedule")

    @api.depends("amount_due_now", "amount_left", "partner_bank_id", "payment_reference", "state")
    @api.depends_context("lang")
    def _compute_payment_block(self):
        for arrangement in self:
            ended = arrangement.state in ("broken", "cancelled")
            arrangement.payment_block = arrangement._render_text_view(
                "arrangement_payment",
                amount=arrangement.amount_left if ended else arrangement.amount_due_now,
                day=not ended and arrangement._get_pay_by_date(),
            )

    @api.depends("payment_link")
    @api.depends_context("lang")
    def _compute_page_button(self):
        for arrangement in self:
            arrangement.page_button = arrangement._render_text_view(
                "arrangement_button", label=self.env._("View and sign the agreement")
            )

    # === BUSINESS ===#
    def _get_pay_by_date(self):
        """By which day to pay what is asked for now; False when that day has passed."""
        self.ensure_one()
        day = self.settle_date or self.next_line_id.date_due
        return day if day and day >= self._get_today() else False

    def _render_text_view(self, view, **values):
        """Render a part of the texts, in the language of the context."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            f"account_credit_management.{view}",
            {
                "arrangement": self,
                "company": self.company_id,
                "color": self._get_text_color(),
                "format_date": self._format_text_date,
                **values,
            },
            minimal_qcontext=True,
        )
