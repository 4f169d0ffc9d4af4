from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Documents that a debtor owes something for.
DISPUTABLE_TYPES = ("out_invoice", "out_receipt", "in_refund", "entry")


class DisputeDossierLine(models.Model):
    """One invoice of a dispute: as a whole, a line of it, a quantity, or an amount."""

    _name = "dispute.dossier.line"
    _description = "Disputed Part of an Invoice"
    _order = "dossier_id, id"
    _check_company_auto = True

    # === FIELDS ===#
    dossier_id = fields.Many2one("dispute.dossier", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="dossier_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="dossier_id.currency_id")
    move_id = fields.Many2one(
        "account.move", "Invoice", required=True, index=True, ondelete="restrict"
    )
    invoice_line_id = fields.Many2one(
        "account.move.line", index="btree_not_null", ondelete="set null"
    )
    product_id = fields.Many2one(related="invoice_line_id.product_id", store=True)
    quantity = fields.Float(digits="Product Unit", help="Of the invoice line. Zero: all of it.")
    amount = fields.Monetary(help="Disputed, taxes included. Zero: all that is open.")
    is_whole = fields.Boolean(
        compute="_compute_is_whole",
        store=True,
        help="The invoice as a whole, whatever is open of it.",
    )
    amount_claimed = fields.Monetary(
        "Disputed at First",
        readonly=True,
        copy=False,
        help="What was disputed when the dispute was opened, or changed since.",
    )

    _amount_positive = models.Constraint("CHECK (amount >= 0)", "Amounts cannot be negative.")
    _quantity_positive = models.Constraint(
        "CHECK (COALESCE(quantity, 0) >= 0)", "Quantities cannot be negative."
    )

    # === CONSTRAINTS ===#
    @api.constrains("dossier_id", "move_id", "invoice_line_id", "quantity", "amount")
    def _check_invoice(self):
        """Disputes are worked on without accounting rights: they must stay with this debtor."""
        for line in self.sudo():
            move, dossier = line.move_id, line.dossier_id
            if (
                move.company_id != dossier.company_id
                or move.move_type not in DISPUTABLE_TYPES
                or move.state == "draft"
                or not line._get_items()
            ):
                raise ValidationError(
                    self.env._(
                        "%(invoice)s is no posted invoice of %(debtor)s in this company.",
                        invoice=move.display_name,
                        debtor=dossier.partner_id.display_name,
                    )
                )
            if move.currency_id != dossier.currency_id:
                raise ValidationError(
                    self.env._(
                        "%(invoice)s is in %(currency)s: a dispute has one currency.",
                        invoice=move.display_name,
                        currency=move.currency_id.name,
                    )
                )
            line._check_part()

    def _check_part(self):
        """Refuse to dispute more of an invoice than there is."""
        self.ensure_one()
        part, compare = self.invoice_line_id, self.currency_id.compare_amounts
        if part and (part.move_id != self.move_id or part.display_type != "product"):
            raise ValidationError(
                self.env._("%s is no line of that invoice.", part.display_name or part.name)
            )
        if self.quantity and (not part or part.quantity < self.quantity):
            raise ValidationError(
                self.env._("More is disputed than the invoice has: %s.", self.quantity)
            )
        most = abs(part.price_total) if part else self._get_total()
        siblings = self.dossier_id.line_ids.filtered(lambda line: line.move_id == self.move_id)
        disputed = sum(siblings.mapped("amount_claimed"))
        if compare(self.amount, most) > 0 or compare(disputed, self._get_total()) > 0:
            raise ValidationError(
                self.env._(
                    "%(amount)s of %(invoice)s is disputed, but it is only %(total)s.",
                    amount=self.currency_id.format(max(self.amount, disputed)),
                    invoice=self.move_id.display_name,
                    total=self.currency_id.format(most),
                )
            )

    # === COMPUTE ===#
    @api.depends("invoice_line_id", "quantity", "amount", "currency_id")
    def _compute_is_whole(self):
        for line in self:
            line.is_whole = not line.invoice_line_id and not line.amount

    @api.depends("move_id", "invoice_line_id", "amount_claimed")
    def _compute_display_name(self):
        for line in self:
            names = [line.move_id.name, line.invoice_line_id.name]
            line.display_name = ": ".join(name for name in names if name)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """What is disputed of an invoice when the dispute begins is kept."""
        vals_list = [{**vals, "amount_claimed": 0.0} for vals in vals_list]
        lines = super().create(vals_list)
        lines._check_may_read()
        lines.dossier_id._check_holding()
        lines._take_snapshot()
        lines.dossier_id._sync_after_lines()
        return lines

    def write(self, vals):
        vals = {key: vals[key] for key in vals.keys() - {"amount_claimed"}}
        changed = {"amount", "dossier_id", "invoice_line_id", "move_id", "quantity"} & vals.keys()
        if not changed:
            return super().write(vals)
        self.dossier_id._check_holding()
        res = super().write(vals)
        self._check_may_read()
        self.dossier_id._check_holding()
        self._take_snapshot()
        self.dossier_id._sync_after_lines()
        return res

    def unlink(self):
        dossiers = self.dossier_id
        dossiers._check_holding()
        moves = self.move_id
        res = super().unlink()
        dossiers.exists()._sync_after_lines(moves)
        return res

    # === BUSINESS ===#
    def _check_may_read(self):
        """Refuse to dispute invoices that the user may not see: what is disputed waits."""
        if not self.env.su:
            self.move_id.check_access("read")

    def _take_snapshot(self):
        """Note how much is disputed by now."""
        for line in self.sudo():
            # Past our own write, which takes this amount from nobody.
            models.Model.write(line, {"amount_claimed": line._get_claim()})
        self._check_invoice()

    def _get_claim(self):
        """What is disputed, taxes included: the amount that was said, that of an invoice line or
        a quantity of it, else all that is open. Of an invoice that was paid: all of it."""
        self.ensure_one()
        part = self.invoice_line_id
        if self.amount:
            return self.amount
        if part:
            share = self.quantity / part.quantity if self.quantity and part.quantity else 1.0
            return self.currency_id.round(abs(part.price_total) * share)
        residual = sum(self._get_items().mapped("amount_residual_currency"))
        return residual if self.currency_id.compare_amounts(residual, 0) > 0 else self._get_total()

    def _get_total(self):
        """All that the debtor ever owed for the invoice."""
        self.ensure_one()
        return self.currency_id.round(sum(self._get_items().mapped("amount_currency")))

    def _get_items(self):
        """What this debtor owes, or owed, for the invoices, oldest due date first. An entry with
        opening balances may have items of others too."""
        self_sudo = self.sudo()
        debtors = self_sudo.dossier_id.partner_id
        return self_sudo.move_id.line_ids.filtered(
            lambda item: (
                item.account_type in ("asset_receivable", "liability_payable")
                and item.amount_currency > 0
                and item.partner_id.commercial_partner_id in debtors
            )
        ).sorted(lambda item: (item.date_maturity or item.date, item.id))
