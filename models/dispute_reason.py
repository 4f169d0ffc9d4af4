from odoo import fields, models

ROOT_CAUSES = [
    ("delivery", "Delivery"),
    ("price", "Price"),
    ("quality", "Quality"),
    ("order", "Order"),
    ("data", "Data on the invoice"),
    ("sending", "Sending of the invoice"),
    ("payment", "Processing of payments"),
    ("agreement", "Agreements not kept"),
    ("customer", "The customer"),
    ("other", "Other"),
]


class DisputeReason(models.Model):
    """Why a debtor disputes an invoice, what lies behind it, and who in the company can mend it."""

    _name = "dispute.reason"
    _description = "Reason of a Dispute"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    # === FIELDS ===#
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")
    root_cause = fields.Selection(ROOT_CAUSES, required=True, default="other")
    department_id = fields.Many2one(
        "credit.department", "Responsible Department", check_company=True, ondelete="restrict"
    )
    portal = fields.Boolean("Shown to Debtors", default=True, help="To be chosen on the portal.")
    deadline_days = fields.Integer(
        "Settled Within", default=14, help="Working days, where no rule says otherwise."
    )
