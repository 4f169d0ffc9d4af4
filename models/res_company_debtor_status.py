from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base': a bankruptcy counts in a company that is added later, too: it may take
        # over old items.
        companies = super().create(vals_list)
        if any(not company.parent_id for company in companies):
            debtors = self.env["res.partner"].sudo().with_context(active_test=False)
            debtors.search([("debtor_status", "!=", False)])._sync_status_blocks()
        return companies
