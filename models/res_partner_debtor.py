from odoo import api, fields, models

DEBTOR_KINDS = [
    ("business", "Business"),
    ("consumer", "Consumer"),
    ("government", "Government"),
]
DEBTOR_STATUSES = [
    ("bankruptcy", "Bankruptcy"),
    ("suspension", "Suspension of payment"),
    ("restructuring", "Debt restructuring"),
    ("administration", "Under administration"),
    ("deceased", "Deceased"),
]


class ResPartner(models.Model):
    """The debtor as a party: what kind, in which legal state, and who is addressed for him."""

    _inherit = "res.partner"

    # === FIELDS ===#
    type = fields.Selection(selection_add=[("reminder", "Contact for Reminders")])
    debtor_kind = fields.Selection(
        DEBTOR_KINDS,
        compute="_compute_debtor_kind",
        store=True,
        readonly=False,
        help="Consumers are protected by other rules than businesses. Follows from company or "
        "person until it is corrected by hand.",
    )
    debtor_status = fields.Selection(DEBTOR_STATUSES, tracking=True)
    debtor_status_date = fields.Date(
        "Status Since",
        tracking=True,
        help="Items invoiced until this day are not reminded any more. Later claims are, and go "
        "to the person in charge.",
    )
    debtor_status_contact_id = fields.Many2one(
        "res.partner",
        "Person in Charge",
        tracking=True,
        help="Trustee, administrator or heirs: everything is addressed to this person.",
    )
    dunning_addressee_id = fields.Many2one(
        "res.partner",
        "Reminders Addressed to",
        help="A head office, a bookkeeper: whoever gets the reminders instead of the debtor.",
    )
    joint_debtor_ids = fields.Many2many(
        "res.partner",
        "res_partner_joint_debtor_rel",
        "partner_id",
        "joint_debtor_id",
        "Joint Debtors",
        help="Liable together with this debtor: each gets a message of his own.",
    )
    dunning_direct_debit = fields.Boolean(
        "Direct Debit",
        help="Invoices are collected by direct debit: reminders keep silent until one is returned.",
    )
    dunning_bounced_email = fields.Char(
        "Address That Bounced",
        readonly=True,
        copy=False,
        help="E-mail is not used for reminders until the address is another one.",
    )
    dunning_mail_returned = fields.Boolean(
        "Mail Came Back",
        copy=False,
        help="No letters are sent until the postal address was changed.",
    )

    # === COMPUTE ===#
    @api.depends("is_company")
    def _compute_debtor_kind(self):
        for partner in self:
            if partner.debtor_kind != "government":
                partner.debtor_kind = "business" if partner.is_company else "consumer"
