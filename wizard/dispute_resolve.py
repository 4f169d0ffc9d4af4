from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ..models.dispute_dossier import OUTCOMES
from ..models.dispute_dossier_resolve import CREDIT_OUTCOMES, TERM_OUTCOMES

COLLECTOR = "account_credit_management.group_collector"


class DisputeResolve(models.TransientModel):
    """The dialog in which a dispute is settled: how, what is credited, what the debtor is told."""

    _name = "dispute.resolve"
    _description = "Settle a Dispute"

    # === FIELDS ===#
    dossier_id = fields.Many2one("dispute.dossier", required=True, readonly=True)
    company_id = fields.Many2one(related="dossier_id.company_id")
    currency_id = fields.Many2one(related="dossier_id.currency_id")
    # With the rights of the user: nobody looks at the disputes of others through this dialog.
    amount_claimed = fields.Monetary(related="dossier_id.amount_claimed", related_sudo=False)
    amount_disputed = fields.Monetary(related="dossier_id.amount_disputed", related_sudo=False)
    outcome = fields.Selection(
        [*OUTCOMES, ("withdrawn", "Withdrawn by the debtor")], required=True, default="accepted"
    )
    can_credit = fields.Boolean(compute="_compute_rights")
    can_arrange = fields.Boolean(compute="_compute_rights")
    credit = fields.Selection(
        [
            ("all", "What is disputed"),
            ("amount", "An amount"),
            ("lines", "Lines or quantities"),
        ],
        "Credited",
        compute="_compute_credit",
        store=True,
        readonly=False,
    )
    amount = fields.Monetary("Amount Credited", help="Taxes included.")
    line_ids = fields.One2many(
        "dispute.resolve.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    post = fields.Boolean(
        "Post the credit note now",
        help="Otherwise it stays a draft, and what it is about waits until it is posted.",
    )
    replace = fields.Boolean(
        "Credit the invoice and make a new draft",
        help="Otherwise the invoice stays, and the debtor gets time to pay.",
    )
    due_date = fields.Date(
        "New Due Date", help="Empty: the fresh term of the company, counted from today."
    )
    term_days = fields.Integer(related="company_id.dispute_term_days")
    has_term = fields.Boolean(compute="_compute_has_term")
    reason = fields.Text("Answer to the Debtor")
    tell = fields.Boolean("Send the debtor an e-mail", default=True)

    # === COMPUTE ===#
    @api.depends("dossier_id")
    @api.depends_context("uid")
    def _compute_rights(self):
        self.can_credit = self.env["account.move"].has_access("create")
        self.can_arrange = self.env.user.has_group(COLLECTOR)

    @api.depends("outcome")
    def _compute_credit(self):
        for wizard in self:
            if wizard.outcome == "accepted":
                wizard.credit = "all"
            elif wizard.credit == "all" or not wizard.credit:
                wizard.credit = "amount"

    @api.depends("outcome")
    def _compute_has_term(self):
        for wizard in self:
            wizard.has_term = wizard.outcome in TERM_OUTCOMES

    @api.depends("credit", "dossier_id")
    def _compute_line_ids(self):
        """The lines of the invoices, with the disputed quantities filled in."""
        for wizard in self:
            rows = wizard._prepare_lines() if wizard.credit == "lines" else []
            wizard.line_ids = [Command.clear(), *(Command.create(values) for values in rows)]

    # === ACTIONS ===#
    def action_resolve(self):
        """Settle it, and show the documents that somebody has to finish."""
        self.ensure_one()
        # The defaults of this dialog are not those of credit notes.
        dossier = self.dossier_id.with_env(self.env(context=clean_context(self.env.context)))
        items = dossier.line_ids.sudo()._get_items().filtered(lambda item: not item.reconciled)
        if self.outcome == "arranged" and not self.can_arrange:
            raise UserError(self.env._("Arrangements are made by collectors: ask one."))
        made = dossier._resolve(self.outcome, **self._prepare_resolution())
        if self.outcome == "arranged":
            return self.env["arrangement.propose"]._get_open_action(items=items.sudo(False))
        drafts = made.filtered(lambda move: move.state == "draft")
        if drafts:
            return drafts._get_records_action(name=self.env._("To Finish"))
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    def _prepare_lines(self):
        """Values of the lines that can be credited."""
        self.sudo(False).dossier_id.check_access("read")
        disputed = self.dossier_id.line_ids.sudo()
        quantities = {
            part.invoice_line_id: part.quantity or part.invoice_line_id.quantity
            for part in disputed
            if part.invoice_line_id
        }
        return [
            {
                "invoice_line_id": line.id,
                "move_id": line.move_id.id,
                "label": line.name or line.product_id.display_name,
                "invoiced_quantity": line.quantity,
                "amount_total": line.price_total,
                "quantity": quantities.get(line, 0.0),
            }
            for line in disputed.move_id.invoice_line_ids
            if line.display_type == "product"
        ]

    def _prepare_resolution(self):
        """Arguments of ``dispute.dossier._resolve``."""
        self.ensure_one()
        values = {"reason": self.reason, "tell": self.tell}
        if self.has_term:
            values["due_date"] = self.due_date
        if self.outcome in CREDIT_OUTCOMES:
            values["post"] = self.post
            if self.credit == "amount":
                values["amount"] = self.amount
            elif self.credit == "lines":
                rows = self.line_ids.filtered(lambda row: row.quantity > 0)
                if not rows:
                    raise UserError(self.env._("Say which lines are credited."))
                values["parts"] = [
                    {"invoice_line_id": row.invoice_line_id.id, "quantity": row.quantity}
                    for row in rows
                ]
        elif self.outcome == "corrected":
            values["replace"] = self.replace
        return values

    @api.model
    def _get_open_action(self, dossier):
        """Open the dialog for a dispute."""
        may_credit = self.env["account.move"].has_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle %s", dossier.name),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_dossier_id": dossier.id,
                "default_outcome": "accepted" if may_credit else "rejected",
            },
        }
