from odoo import fields, models


class ResCompany(models.Model):
    """How a company handles disputes."""

    _inherit = "res.company"

    # === FIELDS ===#
    dispute_user_id = fields.Many2one(
        "res.users",
        "Disputes Go To",
        help="When neither a rule nor a department says who. Empty: the contact for debtors.",
    )
    dispute_window_days = fields.Integer(
        "Dispute Window",
        default=30,
        help="Days after the invoice within which it may be disputed; later disputes ask for "
        "approval. Zero: no window.",
    )
    dispute_term_days = fields.Integer(
        "Fresh Term",
        default=14,
        help="Days to pay after a dispute was rejected, before reminders go on.",
    )
    dispute_digest = fields.Boolean(
        "Monthly Digest", help="Heads of departments get a mail about what began with them."
    )
    dispute_file_size = fields.Integer(
        "Largest File", default=10, help="In megabytes, for files that debtors send."
    )
