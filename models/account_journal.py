from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    # The core takes a model whose key starts with the code of the company's country as default
    # for new journals, so a key must not start with a country code.
    invoice_reference_model = fields.Selection(
        selection_add=[
            ("rf_debtor", "Debtor code and invoice number, ISO 11649 (RF10D00001INV202600001)"),
            (
                "ogm_debtor",
                "Debtor code and invoice number, Belgian structured communication"
                " (+++001/0420/81508+++)",
            ),
        ],
        ondelete={
            "rf_debtor": lambda journals: journals.write({"invoice_reference_model": "odoo"}),
            "ogm_debtor": lambda journals: journals.write({"invoice_reference_model": "odoo"}),
        },
    )
