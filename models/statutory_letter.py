from odoo import fields, models

LETTER_LAWS = [("nl", "Netherlands: 14-day letter"), ("be", "Belgium: first reminder")]
LETTER_STATES = [
    ("running", "Term running"),
    ("disputed", "Waits for a dispute"),
    ("in_time", "Paid in time"),
    ("in_vain", "Passed in vain"),
    ("void", "Does not count"),
]
# What may follow what: later facts (a payment booked late, proof of receipt, a letter that came
# back) can still change how a term ended. A void letter stays void; a new one has to be sent.
TRANSITIONS = {
    "running": {"disputed", "in_time", "in_vain", "void"},
    "disputed": {"running", "in_time", "in_vain", "void"},
    "in_time": {"running", "disputed", "in_vain", "void"},
    "in_vain": {"running", "disputed", "in_time", "void"},
    "void": set(),
}


class StatutoryLetter(models.Model):
    """A reminder to a consumer after which costs may be charged once its term has passed.

    The Dutch letter of Civil Code art. 6:96(6), the Belgian first reminder of the Code of Economic
    Law art. XIX.2. It remembers what was announced, when it was received, and how it ended.
    """

    _name = "statutory.letter"
    _description = "Statutory Reminder to a Consumer"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "sent_date desc, id desc"
    _check_company_auto = True
    # Nobody writes letters by hand, but everybody who reads them may leave a note or an activity.
    _mail_post_access = "read"

    # === FIELDS ===#
    name = fields.Char(related="notice_id.name", store=True)
    law = fields.Selection(LETTER_LAWS, required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, readonly=True, index=True, ondelete="restrict"
    )
    notice_id = fields.Many2one(
        "dunning.notice", "Reminder", required=True, readonly=True, index=True, ondelete="restrict"
    )
    level_id = fields.Many2one(related="notice_id.level_id", store=True)
    currency_id = fields.Many2one(related="notice_id.currency_id", store=True)
    item_ids = fields.One2many("statutory.letter.item", "letter_id", "Items", readonly=True)
    channel = fields.Selection(
        [("post", "Post"), ("email", "E-mail")],
        readonly=True,
        help="By which its term counts: of several the one with the later term. Empty: none that "
        "the law knows.",
    )
    sent_date = fields.Date(
        "Sent On",
        required=True,
        readonly=True,
        help="A letter that is posted by hand was not sent before it was printed.",
    )
    posted_date = fields.Date(
        "Posted On", readonly=True, help="The day on which the letter was printed to be posted."
    )
    received_date = fields.Date(
        "Received On", readonly=True, help="Presumed by law, or proven.", tracking=True
    )
    received_proven = fields.Boolean("Receipt Proven", readonly=True, tracking=True)
    proof = fields.Char(readonly=True, tracking=True, help="How the receipt is proven.")
    first_day = fields.Date("First Day of the Term", readonly=True)
    last_free_day = fields.Date(
        "Free Until", readonly=True, tracking=True, help="Who pays on this day owes no costs."
    )
    costs_from = fields.Date(
        readonly=True, index=True, help="First day on which costs can be charged."
    )
    printed_pay_before = fields.Date(
        "Date It Named",
        readonly=True,
        help="The last day to pay that the message named; empty: a term in words.",
    )
    amount_principal = fields.Monetary("Principal", readonly=True)
    amount_costs = fields.Monetary("Costs Announced", readonly=True)
    amount_vat = fields.Monetary("Of Which VAT", readonly=True)
    state = fields.Selection(
        LETTER_STATES, required=True, readonly=True, default="running", index=True, tracking=True
    )
    void_reason = fields.Char("Why It Does Not Count", readonly=True, tracking=True)
    charge_ids = fields.One2many("receivable.charge", "letter_id", "Charges", readonly=True)

    amount_unpaid = fields.Monetary(
        "Not Paid in Time",
        readonly=True,
        help="What costs are calculated on: asked by the letter, not disputed, and not paid on "
        "the last free day.",
    )
    amount_disputed = fields.Monetary(
        "Disputed",
        readonly=True,
        help="Not paid in time either, but disputed: decided when the dispute is settled.",
    )

    _one_per_notice = models.UniqueIndex(
        "(notice_id) WHERE state <> 'void'",
        "This reminder is registered as a statutory letter already.",
    )
