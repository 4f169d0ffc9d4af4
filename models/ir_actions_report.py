from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    # === BUSINESS ===#
    def _build_wkhtmltopdf_args(self, paperformat_id, *args, **kwargs):
        # EXTENDS 'base': a reminder letter has no script to wait for, and there may be thousands.
        command = super()._build_wkhtmltopdf_args(paperformat_id, *args, **kwargs)
        letter = self.env.ref(
            "account_credit_management.paperformat_dunning_notice", raise_if_not_found=False
        )
        if letter and paperformat_id == letter and "--javascript-delay" in command:
            command[command.index("--javascript-delay") + 1] = "0"
        return command
