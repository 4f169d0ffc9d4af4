from odoo import api, fields, models

from .groups import VIEWER


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
        domain="[('share', '=', False)]",
        help="Gets the monthly digest of what began here, and what is escalated.",
    )

    # === COMPUTE ===#
    @api.onchange("user_id")
    def _onchange_user_id(self):
        """Whoever gets mails about disputes wants to open them."""
        if self.user_id and not self.user_id.sudo().has_group(VIEWER):
            return {
                "warning": {
                    "title": self.env._("No rights"),
                    "message": self.env._(
                        "%s gets the mails but cannot open the disputes. The right “Viewer” of "
                        "Credit Management allows it.",
                        self.user_id.name,
                    ),
                }
            }
        return None
