from odoo import api, fields, models


class ResCompany(models.Model):
    """The address to which debtors write when something is not right."""

    _inherit = "res.company"

    # === FIELDS ===#
    dispute_alias_id = fields.Many2one(
        "mail.alias", "Address for Disputes", readonly=True, copy=False, ondelete="set null"
    )
    dispute_alias_name = fields.Char(
        "E-mail for Disputes",
        compute="_compute_dispute_alias_name",
        inverse="_inverse_dispute_alias_name",
        help="What debtors send there opens a dispute, if the sender is known and names an "
        "invoice; a person reads anything else. Empty: no address.",
    )
    dispute_email = fields.Char("Full Address for Disputes", compute="_compute_dispute_email")

    # === COMPUTE ===#
    @api.depends("dispute_alias_id.alias_name")
    def _compute_dispute_alias_name(self):
        for company in self:
            company.dispute_alias_name = company.sudo().dispute_alias_id.alias_name

    @api.depends("dispute_alias_id.alias_full_name", "dispute_alias_id.alias_domain_id")
    def _compute_dispute_email(self):
        for company in self:
            alias = company.sudo().dispute_alias_id
            company.dispute_email = alias.alias_full_name if alias.alias_domain_id else False

    def _inverse_dispute_alias_name(self):
        for company in self:
            alias, name = company.sudo().dispute_alias_id, company.dispute_alias_name
            if not name:
                company.sudo().dispute_alias_id = False
                alias.unlink()
            elif alias:
                alias.alias_name = name
            else:
                company.sudo().dispute_alias_id = alias.create(
                    company._prepare_dispute_alias_values(name)
                )

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'mail': the address follows the mail domain of the company
        res = super().write(vals)
        if "alias_domain_id" in vals:
            for company in self.sudo().filtered("dispute_alias_id"):
                company.dispute_alias_id.alias_domain_id = company.alias_domain_id
        return res

    # === BUSINESS ===#
    def _prepare_dispute_alias_values(self, name):
        self.ensure_one()
        return {
            "alias_name": name,
            "alias_domain_id": self.alias_domain_id.id,
            "alias_model_id": self.env["ir.model"]._get_id("dispute.dossier"),
            "alias_defaults": repr({"company_id": self.id}),
            "alias_contact": "everyone",
        }
