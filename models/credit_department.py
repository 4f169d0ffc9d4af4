from odoo import fields, models


class CreditDepartment(models.Model):
    """A part of the own company in which late payment may begin, and who heads it."""

    _name = "credit.department"
    _description = "Department Behind Late Payment"
    _order = "sequence, name"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    # === FIELDS ===#
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index=True, help="Empty: a department of every company."
    )
    user_id = fields.Many2one(
        "res.users",
        "Head",
        help="Gets the monthly digest of what began here, and what is escalated.",
    )
