from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

# Fields that decide who is a debtor of his own and who is a contact of one.
HIERARCHY_FIELDS = {"parent_id", "is_company", "company_type"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    # === FIELDS: DEBTOR CODE ===#

    # Not among the commercial fields: those are written down to the contacts and lost when a
    # contact becomes independent, while a code belongs to one debtor for good.
    debtor_code = fields.Char(
        compute="_compute_debtor_code",
        store=True,
        readonly=False,
        recursive=True,
        copy=False,
        tracking=True,
        help="The number by which this customer is known in the books, on invoices and on "
        "reminders. Given with the first customer invoice; contacts share the code of their "
        "company. Never given out again, also not after archiving.",
    )

    # === CONSTRAINTS: DEBTOR CODE ===#

    _debtor_code_unique = models.UniqueIndex(
        "(upper(debtor_code)) WHERE debtor_code IS NOT NULL AND id = commercial_partner_id",
        "This debtor code is already used by another customer.",
    )

    # === COMPUTE METHODS: DEBTOR CODE ===#

    @api.depends("commercial_partner_id", "commercial_partner_id.debtor_code")
    def _compute_debtor_code(self):
        for partner in self:
            debtor = partner.commercial_partner_id
            saved = partner._origin
            if debtor not in (partner, saved):
                partner.debtor_code = debtor.debtor_code
            elif not partner.id and saved.commercial_partner_id != saved:
                # A form that takes a contact out of its company, before it is saved.
                partner.debtor_code = False
            else:
                partner.debtor_code = partner.debtor_code

    @api.model
    def _search_display_name(self, operator, value):
        # EXTENDS 'base': a customer is found by its code wherever a name is typed. As a method:
        # the list `_rec_names_search` is replaced by whichever module comes last.
        domain = super()._search_display_name(operator, value)
        if operator in ("in", "not in"):
            value = [code for code in value if code and isinstance(code, str)]
        if not value or not isinstance(value, str | list):
            return domain
        by_code = Domain("debtor_code", operator, value)
        if operator in Domain.NEGATIVE_OPERATORS:
            return Domain(domain) & by_code
        return Domain(domain) | by_code

    # === CRUD METHODS: DEBTOR CODE ===#

    def _auto_init(self):
        # Nobody has a code when the module is installed: with the column there, the ORM does
        # not compute it for every partner one by one.
        if not column_exists(self.env.cr, self._table, "debtor_code"):
            create_column(self.env.cr, self._table, "debtor_code", "varchar")
        return super()._auto_init()

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base': codes are given once it is known who is a contact of whom.
        vals_list = [dict(vals) for vals in vals_list]
        codes = [self._clean_debtor_code(vals.pop("debtor_code", False)) for vals in vals_list]
        partners = super().create(vals_list)
        new_codes = {partner: code for partner, code in zip(partners, codes, strict=True) if code}
        for partner, code in self._filter_new_debtor_codes(new_codes).items():
            partner._set_debtor_code(code)
        return partners

    def write(self, vals):
        # EXTENDS 'base'
        if "debtor_code" not in vals and not HIERARCHY_FIELDS & vals.keys():
            return super().write(vals)
        vals = dict(vals)
        if "company_type" in vals:
            # Its inverse would write `is_company` afterwards, on its own.
            vals["is_company"] = vals.pop("company_type") == "company"
        with_code = "debtor_code" in vals
        code = self._clean_debtor_code(vals.pop("debtor_code", False))
        result = True
        if vals:
            result = self._write_hierarchy(vals)
        if with_code:
            new_codes = self._filter_new_debtor_codes(dict.fromkeys(self, code))
            for partner in new_codes:
                partner._set_debtor_code(code)
        return result

    def _write_hierarchy(self, vals):
        """Write values that may make a debtor of a contact or a contact of a debtor."""
        contacts = self.filtered(lambda partner: partner.commercial_partner_id != partner)
        owned = {partner: partner.debtor_code for partner in self - contacts if partner.debtor_code}
        # The code of the company must be gone before the contact stands on its own, or the
        # unique index meets it twice.
        leaving = contacts.filtered(
            lambda partner: partner.debtor_code and partner._is_debtor_after(vals)
        )
        if leaving:
            leaving.sudo()._set_debtor_code(False)
        result = super().write(vals)
        for partner, code in owned.items():
            if partner.commercial_partner_id != partner:
                # Only now the code is free in the unique index.
                partner.flush_recordset(["commercial_partner_id", "debtor_code"])
                partner.commercial_partner_id._absorb_debtor_codes({code: partner.name})
        return result

    def unlink(self):
        # EXTENDS 'base': a contact that outlives its company does not keep the company's code.
        contacts = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("parent_id", "in", self.ids),
                    ("id", "not in", self.ids),
                    ("is_company", "=", False),
                ]
            )
        )
        if contacts:
            contacts._set_debtor_code(False)
        return super().unlink()

    # === ACTIONS: DEBTOR CODE ===#

    def action_assign_debtor_code(self):
        """Give the selected customers a code now instead of with their first invoice."""
        self._check_debtor_code_access()
        self.check_access("read")
        debtors = self.commercial_partner_id
        assigned = self._assign_debtor_codes()
        if not assigned and not all(debtor.debtor_code for debtor in debtors.sudo()):
            raise UserError(
                self.env._(
                    "There is no active numbering for debtor codes. An administrator can create "
                    "one in the settings of Credit Management."
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if assigned else "info",
                "message": self.env._(
                    "Customers given a debtor code: %(assigned)s. Already had one: %(kept)s.",
                    assigned=len(assigned),
                    kept=len(debtors) - len(assigned),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS METHODS: DEBTOR CODE ===#

    def _assign_debtor_codes(self, company=None):
        """Give every debtor behind these partners that has no code the next free one.

        :param company: whose numbering counts; by default the partner's own company, else the
            current one
        :return: the partners that got a code; none when no numbering is active
        """
        without_code = self.sudo().commercial_partner_id.filtered(
            lambda partner: not partner.debtor_code
        )
        assigned = self.browse()
        for owner, partners in without_code.grouped(
            lambda partner: company or partner.company_id or self.env.company
        ).items():
            codes = owner._next_debtor_codes(len(partners))
            for partner, code in zip(partners, codes, strict=False):
                # No log line: on a first invoice and in bulk it would only say what the field
                # says.
                partner.with_context(mail_notrack=True)._set_debtor_code(code)
                assigned |= partner
        return assigned.sudo(self.env.su)

    def _set_debtor_code(self, code):
        """Write a code that needs no check any more."""
        return super().write({"debtor_code": code})

    @api.model
    def _get_used_debtor_codes(self, codes=None):
        """Codes in use by any debtor, archived and of other companies included, in capitals.

        :param codes: only those among these codes
        :rtype: set[str]
        """
        return set(self._get_debtor_code_owners(codes))

    @api.model
    def _get_debtor_code_owners(self, codes=None):
        """Map codes in capitals to the id of the debtor that has them."""
        among = SQL()
        if codes is not None:
            among = SQL(
                "AND upper(debtor_code) IN (SELECT upper(code) FROM unnest(%s::text[]) AS code)",
                list(codes),
            )
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT upper(debtor_code), id
                      FROM res_partner
                     WHERE debtor_code IS NOT NULL
                       AND id = commercial_partner_id
                       %s
                    """,
                    among,
                    to_flush=(
                        self._fields["debtor_code"],
                        self._fields["commercial_partner_id"],
                    ),
                )
            )
        )

    def _release_debtor_codes(self):
        """Take the codes of these debtors away, in the database too, and return them.

        :return: name of the debtor by code
        :rtype: dict[str, str]
        """
        owners = self.sudo().filtered(
            lambda partner: partner.debtor_code and partner.commercial_partner_id == partner
        )
        released = {partner.debtor_code: partner.display_name for partner in owners}
        owners._set_debtor_code(False)
        self.env.flush_all()
        return released

    def _absorb_debtor_codes(self, released):
        """Take over the first of the codes that debtors lost to this one, unless it has a code,
        and write the others down, so that an old letter can still be traced.

        :param released: name of the former debtor by code
        """
        self.ensure_one()
        debtor = self.sudo().commercial_partner_id
        for code, name in released.items():
            if not debtor.debtor_code:
                debtor._set_debtor_code(code)
                body = self.env._(
                    "Debtor code %(code)s was taken over from %(name)s.", code=code, name=name
                )
            else:
                body = self.env._(
                    "Debtor code %(code)s of %(name)s is no longer in use; this debtor now "
                    "covers it.",
                    code=code,
                    name=name,
                )
            debtor._message_log(body=body)

    def _filter_new_debtor_codes(self, codes):
        """Keep the codes that change something, after checking that each may be written.

        :param codes: code (or False) by partner
        :raises AccessError: when the user may not change codes
        :raises ValidationError: when a code belongs to another debtor, named in the message
        """
        new_codes = {}
        for partner, code in codes.items():
            debtor = partner.sudo().commercial_partner_id
            if debtor == partner:
                if (partner.debtor_code or False) != code:
                    new_codes[partner] = code
            elif code and code.upper() != (debtor.debtor_code or "").upper():
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s and has its debtor code. "
                        "Change the code there.",
                        contact=partner.display_name,
                        company=debtor.display_name,
                    )
                )
        if new_codes:
            self._check_debtor_code_access()
            self._check_debtor_codes_free(new_codes)
        return new_codes

    def _check_debtor_codes_free(self, codes):
        """Say in words which debtor has a code; the unique index is the net behind it."""
        owners = self._get_debtor_code_owners([code for code in codes.values() if code])
        for partner, code in codes.items():
            if not code:
                continue
            owner = self.sudo().browse(owners.setdefault(code.upper(), partner.id))
            if owner == partner:
                continue
            if owner.active:
                message = self.env._(
                    "Debtor code %(code)s is already used by %(name)s. Every debtor has a code "
                    "of its own.",
                    code=code,
                    name=owner.display_name,
                )
            else:
                message = self.env._(
                    "Debtor code %(code)s belongs to the archived debtor %(name)s. A code is not "
                    "given out again.",
                    code=code,
                    name=owner.display_name,
                )
            raise ValidationError(message)

    def _check_debtor_code_access(self):
        if not self.env.su and not any(
            self.env.user.has_group(group) for group in self._get_debtor_code_groups()
        ):
            raise AccessError(
                self.env._("Only collectors and accounting managers change debtor codes.")
            )

    @api.model
    def _get_debtor_code_groups(self):
        return [
            "account_credit_management.group_collector",
            "account.group_account_manager",
            "base.group_system",
        ]

    def _is_debtor_after(self, vals):
        """Whether this partner is a commercial entity once ``vals`` are written."""
        self.ensure_one()
        return bool(
            vals.get("is_company", self.is_company) or not vals.get("parent_id", self.parent_id)
        )

    @api.model
    def _clean_debtor_code(self, code):
        return (code or "").strip() or False

    # === HOOKS: DEBTOR CODE ===#

    def _mail_track(self, tracked_fields, initial_values):
        # EXTENDS 'mail': contacts only show the code of their company, where it is logged.
        if self.commercial_partner_id != self:
            initial_values = {
                name: value for name, value in initial_values.items() if name != "debtor_code"
            }
        return super()._mail_track(tracked_fields, initial_values)
