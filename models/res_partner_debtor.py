from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

DEBTOR_KINDS = [
    ("business", "Business"),
    ("consumer", "Consumer"),
    ("government", "Government"),
]
# Countries where a VAT number is only given to businesses. Elsewhere the same field may hold the
# number under which a private person pays taxes.
BUSINESS_VAT_COUNTRIES = ("AT", "BE", "DE", "FR", "LU", "NL")


class ResPartner(models.Model):
    """The debtor as a party: what kind, and who is addressed for him or besides him."""

    _inherit = "res.partner"

    # A contact for reminders without a name is shown by its type, as other addresses are.
    _complete_name_displayed_types = ("invoice", "delivery", "other", "reminder")

    # === FIELDS ===#
    type = fields.Selection(
        selection_add=[("reminder", "Contact for Reminders")], ondelete={"reminder": "set other"}
    )
    debtor_kind = fields.Selection(
        DEBTOR_KINDS,
        compute="_compute_debtor_kind",
        inverse="_inverse_debtor_kind",
        store=True,
        readonly=False,
        recursive=True,
        tracking=True,
        help="Consumers are protected by other rules than businesses. Follows from company or "
        "person until it is corrected by hand; a person with a VAT number that only businesses "
        "get is a business. Contacts are of the kind of their company.",
    )
    debtor_kind_corrected = fields.Boolean(
        "Kind Corrected by Hand", readonly=True, help="The kind no longer follows other fields."
    )
    dunning_addressee_id = fields.Many2one(
        "res.partner",
        "Reminders Addressed to",
        tracking=True,
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

    # === CONSTRAINTS ===#
    @api.constrains("dunning_addressee_id", "joint_debtor_ids")
    def _check_debtor_parties(self):
        for partner in self:
            if partner.dunning_addressee_id == partner:
                raise ValidationError(
                    self.env._(
                        "Reminders go to %s already: leave the addressee empty, or choose another.",
                        partner.display_name,
                    )
                )
            joint_debtors = partner.joint_debtor_ids
            if partner in joint_debtors:
                raise ValidationError(
                    self.env._("%s cannot be a joint debtor of itself.", partner.display_name)
                )
            contact = joint_debtors.filtered(lambda joint: joint.commercial_partner_id != joint)[:1]
            if contact:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: joint debtors are companies, or "
                        "persons of their own.",
                        contact=contact.display_name,
                        company=contact.commercial_partner_id.display_name,
                    )
                )

    # === COMPUTE ===#
    @api.depends(
        "is_company",
        "vat",
        "country_id",
        "debtor_kind_corrected",
        "commercial_partner_id",
        "commercial_partner_id.debtor_kind",
    )
    def _compute_debtor_kind(self):
        for partner in self:
            debtor = partner.commercial_partner_id
            if debtor not in (partner, partner._origin):
                partner.debtor_kind = debtor.debtor_kind
            elif partner.debtor_kind_corrected and partner.debtor_kind:
                partner.debtor_kind = partner.debtor_kind
            else:
                partner.debtor_kind = partner._get_usual_debtor_kind()

    def _inverse_debtor_kind(self):
        """Remember a correction by hand; choosing the usual kind takes it back."""
        contacts = self.filtered(lambda partner: partner.commercial_partner_id != partner)
        self.env.add_to_compute(self._fields["debtor_kind"], contacts)
        for partner in self - contacts:
            usual = partner._get_usual_debtor_kind()
            partner.debtor_kind_corrected = partner.debtor_kind not in (False, usual)

    def _compute_type_address_label(self):
        # EXTENDS 'base'
        res = super()._compute_type_address_label()
        for partner in self.filtered(lambda partner: partner.type == "reminder"):
            partner.type_address_label = self.env._("Address for Reminders")
        return res

    # === CRUD ===#
    def _auto_init(self):
        """Fill the kind of all partners at once when the module is installed, instead of one by
        one by the ORM."""
        is_new = not column_exists(self.env.cr, self._table, "debtor_kind")
        if is_new:
            create_column(self.env.cr, self._table, "debtor_kind", "varchar")
        res = super()._auto_init()
        if is_new:
            self._fill_debtor_kind()
        return res

    def _fill_debtor_kind(self):
        """The same rule as :meth:`_get_usual_debtor_kind`."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE res_partner
                   SET debtor_kind = CASE
                       WHEN debtor.is_company
                            OR (LENGTH(TRIM(debtor.vat)) > 2
                                AND CASE WHEN TRIM(debtor.vat) ~ '^[A-Za-z]{2}'
                                         THEN UPPER(LEFT(TRIM(debtor.vat), 2))
                                         ELSE country.code END IN %s)
                       THEN 'business' ELSE 'consumer' END
                  FROM res_partner debtor
                  LEFT JOIN res_country country ON country.id = debtor.country_id
                 WHERE debtor.id = COALESCE(res_partner.commercial_partner_id, res_partner.id)
                """,
                BUSINESS_VAT_COUNTRIES,
            )
        )

    # === BUSINESS ===#
    def _get_usual_debtor_kind(self):
        """What a debtor is as long as nobody has said otherwise."""
        self.ensure_one()
        is_business = self.is_company or self._get_vat_country() in BUSINESS_VAT_COUNTRIES
        return "business" if is_business else "consumer"

    def _get_vat_country(self):
        """Code of the country that gave the VAT number; “/” and the like stand for none."""
        self.ensure_one()
        vat = (self.vat or "").strip()
        if len(vat) <= 2:
            return False
        return vat[:2].upper() if vat[:2].isalpha() else self.country_id.code

    def _avatar_get_placeholder_path(self):
        # EXTENDS 'base'
        if self.type == "reminder" and not self.is_company:
            return "base/static/img/bill.png"
        return super()._avatar_get_placeholder_path()
