from odoo import fields, models


class AccountMove(models.Model):
    """Credit notes of disputes: no more than was agreed on."""

    _inherit = "account.move"

    # === BUSINESS ===#
    def _limit_dispute_credit(self, origin, amount, quantities):
        """Let a draft that reverses an invoice as a whole credit a part of it only.

        :param account.move origin: the invoice
        :param float amount: taxes included; all of it when that is the total
        :param dict quantities: by line of the invoice, instead of an amount
        """
        self.ensure_one()
        if quantities:
            self._keep_quantities(origin, {line.id: qty for line, qty in quantities.items()})
        elif amount and self.currency_id.compare_amounts(amount, self.amount_total) < 0:
            self._scale_to(amount)

    def _keep_quantities(self, origin, quantities):
        """Keep the lines that are credited; they are copies, in the same order."""
        commands = []
        for line, copied in zip(origin.invoice_line_ids, self.invoice_line_ids, strict=True):
            if line.id in quantities:
                commands.append(fields.Command.update(copied.id, {"quantity": quantities[line.id]}))
            else:
                commands.append(fields.Command.delete(copied.id))
        self.write({"invoice_line_ids": commands})

    def _scale_to(self, amount):
        """Credit an amount: a share of every line, so that revenue and taxes follow. Quantities
        say nothing then, and orders keep what was invoiced of them."""
        share = amount / self.amount_total
        commands = []
        for line in self.invoice_line_ids:
            if line.display_type != "product":
                commands.append(fields.Command.delete(line.id))
                continue
            included = any(line.tax_ids.flatten_taxes_hierarchy().mapped("price_include"))
            base = line.price_total if included else line.price_subtotal
            values = {
                "quantity": 1,
                "discount": 0,
                "price_unit": self.currency_id.round(base * share),
            }
            if "sale_line_ids" in line._fields:
                values["sale_line_ids"] = [fields.Command.clear()]
            commands.append(fields.Command.update(line.id, values))
        self.write({"invoice_cash_rounding_id": False, "invoice_line_ids": commands})
        self._mend_cents(amount)

    def _mend_cents(self, amount):
        """Take up the cents of rounding: in the tax when there is one, else in a line."""
        rest = self.currency_id.round(amount - self.amount_total)
        if self.currency_id.is_zero(rest):
            return
        totals = self.tax_totals
        groups = [group for part in totals["subtotals"] for group in part["tax_groups"]]
        if groups:
            group = max(groups, key=lambda group: abs(group["tax_amount_currency"]))
            group["tax_amount_currency"] += rest
            self.tax_totals = totals
        else:
            line = self.invoice_line_ids[-1:]
            line.price_unit = self.currency_id.round(line.price_unit + rest)
