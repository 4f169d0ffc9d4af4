from odoo import fields, models

PROMISE_STATES = [
    ("open", "Open"),
    ("kept", "Kept"),
    ("partly", "Partly Kept"),
    ("broken", "Broken"),
    ("cancelled", "Replaced or Withdrawn"),
]
PROMISE_CHANNELS = [
    ("call", "Phone call"),
    ("visit", "Visit"),
    ("mail", "E-mail"),
    ("portal", "Portal"),
    ("other", "Other"),
]


class CollectionPromise(models.Model):
    """What a debtor promised to pay, and until when. Whether he kept it follows from payments."""

    _name = "collection.promise"
    _description = "Promise to Pay"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="restrict", tracking=True
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    promised_by = fields.Char(help="The person who promised it.")
    channel = fields.Selection(PROMISE_CHANNELS, required=True, default="call")
    contact_id = fields.Many2one("dunning.contact", "Talk", readonly=True, ondelete="set null")
    user_id = fields.Many2one(
        "res.users", "Noted By", required=True, default=lambda self: self.env.user
    )
    date_made = fields.Date("Promised On", required=True)
    date = fields.Date("Pays On", required=True, tracking=True)
    date_until = fields.Date(
        "Held Until", readonly=True, help="The day promised and the grace of the company."
    )
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary("Promised Amount", required=True, tracking=True)
    item_ids = fields.One2many("collection.promise.item", "promise_id", "Items")
    state = fields.Selection(
        PROMISE_STATES,
        required=True,
        default="open",
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    closed_date = fields.Date("Settled On", readonly=True, copy=False)
    note = fields.Text()

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A promise is about an amount.")
    _dates_in_order = models.Constraint(
        "CHECK (date >= date_made)", "A promise is for a day to come."
    )
