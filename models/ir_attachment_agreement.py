from odoo import api, models
from odoo.exceptions import UserError

# What a document is made of, and what it belongs to.
CONTENT_FIELDS = {
    "datas",
    "db_datas",
    "raw",
    "res_field",
    "res_id",
    "res_model",
    "store_fname",
    "url",
}


class IrAttachment(models.Model):
    """The agreement that a debtor signed stays as it was signed."""

    _inherit = "ir.attachment"

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'base': code of the system may move a file to other storage, people change nothing
        if CONTENT_FIELDS & vals.keys() and not self.env.su:
            self.check_access("write")
            self._check_not_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._check_not_signed()

    # === BUSINESS ===#
    def _check_not_signed(self):
        arrangements = self.env["installment.arrangement"].sudo()
        documents = self.sudo().filtered(lambda record: record.res_model == arrangements._name)
        signed = documents and arrangements.search([("agreement_id", "in", documents.ids)], limit=1)
        if signed:
            raise UserError(
                self.env._("This is the signed agreement of %s: it stays as it is.", signed.name)
            )
