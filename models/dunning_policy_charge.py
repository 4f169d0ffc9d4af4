from odoo import fields, models


class DunningPolicy(models.Model):
    """What was agreed with the debtors of a policy about costs."""

    _inherit = "dunning.policy"

    # === FIELDS ===#
    consumer_clause = fields.Boolean(
        "Belgian Consumers Agreed to Costs",
        tracking=True,
        help="The contract with these consumers has a clause on interest and compensation for late "
        "payment, within the limits of the Belgian Code of Economic Law. Without such a clause a "
        "Belgian consumer owes neither.",
    )
