import re

from odoo import fields, models

from ..calc import reference


class AccountMove(models.Model):
    _inherit = "account.move"

    # === FIELDS: DEBTOR CODE ===#

    debtor_code = fields.Char(
        related="commercial_partner_id.debtor_code",
        help="The code by which the customer of this document is known.",
    )

    # === BUSINESS METHODS: DEBTOR CODE ===#

    def _post(self, soft=True):
        # EXTENDS 'account': a partner becomes a debtor with its first customer document. Before
        # super(), as posting computes the payment reference from the code.
        self.filtered(lambda move: move._is_debtor_code_needed(soft))._assign_debtor_codes()
        return super()._post(soft=soft)

    def _is_debtor_code_needed(self, soft):
        """Whether posting this document makes its partner a debtor. A document of a later date
        waits for that date when it is posted softly."""
        self.ensure_one()
        return self.is_sale_document(include_receipts=True) and not (
            soft and self.date and self.date > fields.Date.context_today(self)
        )

    def _assign_debtor_codes(self):
        for company, moves in self.grouped("company_id").items():
            moves.commercial_partner_id._assign_debtor_codes(company)

    # === BUSINESS METHODS: PAYMENT REFERENCE ===#

    def _get_invoice_reference_rf_debtor_invoice(self):
        """ISO 11649 reference of debtor code and invoice number, unique per invoice."""
        self.ensure_one()
        return (
            self._get_first_unused_reference(self._get_rf_debtor_candidates())
            or self._get_invoice_reference_euro_invoice()
        )

    def _get_invoice_reference_rf_debtor_partner(self):
        """ISO 11649 reference of the debtor code: the same on every invoice of a debtor."""
        self.ensure_one()
        try:
            return reference.debtor_reference(self.debtor_code)
        except ValueError:
            return self._get_invoice_reference_euro_partner()

    def _get_invoice_reference_ogm_debtor_invoice(self):
        """Belgian structured communication of debtor code and invoice number where both fit in
        ten digits, otherwise the ISO 11649 reference; unique per invoice."""
        self.ensure_one()
        candidates = [(reference.debtor_ogm, self.name)]
        return (
            self._get_first_unused_reference(candidates)
            or self._get_invoice_reference_rf_debtor_invoice()
        )

    def _get_invoice_reference_ogm_debtor_partner(self):
        """Belgian structured communication of the digits of the debtor code: the same on every
        invoice of a debtor."""
        self.ensure_one()
        try:
            return reference.debtor_ogm(self.debtor_code)
        except ValueError:
            return self._get_invoice_reference_rf_debtor_partner()

    def _get_rf_debtor_candidates(self):
        """The ways to combine debtor code and document, the readable one first.

        Two journals may give out the same number (each company has its INV/2026/00001), and
        leaving out the separators may make two numbers alike: the identifier of the journal
        instead of its letters, then that of the document keeps their references apart.
        """
        digits = re.sub(r"\D", "", self.name or "")
        return [
            (reference.debtor_reference, self.name),
            (reference.debtor_reference, f"{digits}J{self.journal_id.id}"),
            (reference.debtor_reference, f"M{self.id}"),
        ]

    def _get_first_unused_reference(self, candidates):
        """The first reference that can be made and that no other customer document has, in
        whatever company: who buys of two may send the money to the wrong one."""
        for make_reference, number in candidates:
            try:
                candidate = make_reference(self.debtor_code, number)
            except ValueError:
                continue
            domain = [
                ("payment_reference", "=", candidate),
                ("move_type", "in", self.get_sale_types(include_receipts=True)),
                ("id", "!=", self.id),
            ]
            if not self.sudo().search_count(domain, limit=1):
                return candidate
        return None
