from odoo import models


class AccountMove(models.Model):
    """While it is paid in installments an invoice asks for the installment that is due, wherever
    it asks for money; never for the whole."""

    _inherit = "account.move"

    # === BUSINESS ===#
    def _get_active_arrangement(self):
        """The arrangement by which items of this invoice are paid now."""
        self.ensure_one()
        items = (
            self.env["installment.arrangement.item"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", self.line_ids.ids),
                    ("arrangement_id.state", "=", "active"),
                ]
            )
        )
        unpaid = items.filtered(lambda item: not item.currency_id.is_zero(item.amount_left))
        return unpaid.arrangement_id.sorted("id")[:1]

    def _get_invoice_next_payment_values(self, custom_amount=None):
        # EXTENDS 'account': links with another amount, from before, do not count any more
        values = super()._get_invoice_next_payment_values(custom_amount=custom_amount)
        arrangement = values and self._get_active_arrangement()
        if not arrangement:
            return values
        amount = arrangement._get_payable_amount()
        line = arrangement.next_line_id
        own = [entry for entry in values["not_reconciled_installments"] if entry["line"]]
        return {
            **values,
            "installment_state": "next",
            "next_amount_to_pay": amount,
            "amount_due": amount,
            "next_payment_reference": arrangement.payment_reference,
            "next_due_date": line.date_due or values["next_due_date"],
            "is_last_installment": False,
            "installment_arrangement": arrangement,
            "not_reconciled_installments": [
                {
                    **own[0],
                    "number": 1,
                    "type": "next",
                    "date_maturity": line.date_due,
                    "amount_residual_currency_unsigned": amount,
                }
            ]
            if own and line
            else [],
        }

    def _has_to_be_paid(self):
        # EXTENDS 'account_payment'
        res = super()._has_to_be_paid()
        arrangement = res and self._get_active_arrangement()
        return bool(res and (not arrangement or arrangement._get_payable_amount()))

    def _get_portal_payment_link(self):
        # EXTENDS 'account_payment': the core asks for everything that is open
        arrangement = self._get_active_arrangement()
        return arrangement.payment_link if arrangement else super()._get_portal_payment_link()

    def _generate_qr_code(self, silent_errors=False):
        # EXTENDS 'account': the code for banking apps would ask for everything that is open
        arrangement = self.display_qr_code and self._get_active_arrangement()
        if not arrangement:
            return super()._generate_qr_code(silent_errors=silent_errors)
        return self.partner_bank_id.build_qr_code_base64(
            arrangement._get_payable_amount(),
            arrangement.payment_reference,
            arrangement.payment_reference,
            self.currency_id,
            self.partner_id,
            qr_method=self.qr_code_method,
            silent_errors=silent_errors,
        )
