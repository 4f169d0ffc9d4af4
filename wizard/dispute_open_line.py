from odoo import api, fields, models
from odoo.exceptions import UserError


class DisputeOpenLine(models.TransientModel):
    """An invoice, or a line of one, to be chosen as disputed."""

    _name = "dispute.open.line"
    _description = "What Is Disputed"
    _order = "id"

    # === FIELDS ===#
    wizard_id = fields.Many2one("dispute.open", required=True, ondelete="cascade")
    what = fields.Selection(related="wizard_id.what", string="Kind")
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    invoice_line_id = fields.Many2one("account.move.line", readonly=True)
    selected = fields.Boolean("Disputed")
    currency_id = fields.Many2one("res.currency", compute="_compute_facts", compute_sudo=True)
    label = fields.Char("Description", compute="_compute_facts", compute_sudo=True)
    date_due = fields.Date("Due Date", compute="_compute_facts", compute_sudo=True)
    amount_total = fields.Monetary("Total", compute="_compute_facts", compute_sudo=True)
    amount_open = fields.Monetary("Open", compute="_compute_facts", compute_sudo=True)
    invoiced_quantity = fields.Float(
        "Invoiced", compute="_compute_facts", compute_sudo=True, digits="Product Unit"
    )
    quantity = fields.Float("Disputed Quantity", digits="Product Unit")
    amount = fields.Monetary("Disputed Amount", help="Taxes included.")

    # === COMPUTE ===#
    @api.depends("move_id", "invoice_line_id")
    def _compute_facts(self):
        # Nobody looks at other documents through this dialog.
        allowed = {
            wizard: wizard._filter_choice(rows.move_id._origin)
            for wizard, rows in self.grouped("wizard_id").items()
        }
        for row in self:
            move = row.move_id._origin & allowed[row.wizard_id]
            line = row.invoice_line_id._origin & move.invoice_line_ids
            row.currency_id = move.currency_id
            row.label = line.name or move.ref or ""
            row.date_due = move.invoice_date_due or move.date
            row.amount_total = line.price_total if line else move.amount_total
            row.amount_open = move.amount_residual
            row.invoiced_quantity = line.quantity

    @api.onchange("amount", "quantity")
    def _onchange_part(self):
        """Who types an amount means this invoice."""
        for row in self:
            typed = row.amount if row.what == "amount" else row.quantity != row.invoiced_quantity
            if typed:
                row.selected = True

    # === BUSINESS ===#
    def _check_part(self):
        """Zero would mean the whole invoice, or all of the line."""
        for row in self:
            part = {"amount": row.amount, "lines": row.quantity, "whole": 1}[row.what]
            if part <= 0:
                raise UserError(
                    self.env._(
                        "Say how much of %s is disputed.", row.label or row.move_id.sudo().name
                    )
                )

    def _get_claim(self):
        """What this disputes, taxes included, as far as it can be told before it is opened."""
        self.ensure_one()
        if self.what == "amount":
            return self.amount
        if self.what == "lines":
            share = self.quantity / self.invoiced_quantity if self.invoiced_quantity else 1.0
            return self.amount_total * share
        return self.amount_open or self.amount_total

    def _prepare_part(self):
        """Values of ``dispute.dossier.line``."""
        self.ensure_one()
        values = {"move_id": self.move_id.id}
        if self.what == "amount":
            values["amount"] = self.amount
        elif self.what == "lines":
            is_all = self.quantity == self.invoiced_quantity
            values["invoice_line_id"] = self.invoice_line_id.id
            values["quantity"] = 0.0 if is_all else self.quantity
        return values
