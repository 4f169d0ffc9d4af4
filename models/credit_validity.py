from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Days before its end from which something shows as ending.
ENDING_DAYS = 30
# Whoever enters what ended longer ago than this writes history and is not asked to renew it.
HISTORY_DAYS = 90


class CreditValidity(models.AbstractModel):
    """What holds for a debtor between two days, and has to be renewed before it ends.

    Covers and credit checks: both belong to the commercial entity, lapse by themselves, and ask
    the credit manager for a new one in time, once per end.
    """

    _name = "credit.validity"
    _description = "Validity of a Cover or Credit Check"

    # Field with the first day, days of notice before the last one, and who is asked how.
    _validity_start = "date_from"
    _renewal_days = ENDING_DAYS
    _renewal_activity_type = None
    # Fields that are equal in something and what comes after it.
    _successor_keys = ("partner_id", "company_id")

    # === FIELDS ===#
    state = fields.Selection(
        [
            ("planned", "To come"),
            ("valid", "Valid"),
            ("ending", "Ending"),
            ("lapsed", "Lapsed"),
        ],
        compute="_compute_state",
        search="_search_state",
        compute_sudo=True,
        help="Ending: within thirty days.",
    )
    valid = fields.Boolean(compute="_compute_state", search="_search_valid", compute_sudo=True)
    replaced = fields.Boolean(
        compute="_compute_replaced",
        search="_search_replaced",
        compute_sudo=True,
        help="There is a newer one, so that nobody has to ask for it.",
    )
    renewal_asked_date = fields.Date(
        readonly=True, copy=False, help="The end for which somebody was asked to renew it."
    )

    # === COMPUTE ===#
    @api.depends(lambda self: (self._validity_start, "date_to", "company_id"))
    def _compute_state(self):
        for record in self:
            company = record.company_id or self.env.company
            record.state = record._get_state(company._get_dunning_today())
            record.valid = record.state in ("valid", "ending")

    def _get_state(self, day):
        self.ensure_one()
        start = self[self._validity_start]
        if self.date_to and self.date_to < day:
            return "lapsed"
        if start and start > day:
            return "planned"
        if self.date_to and self.date_to <= day + timedelta(days=ENDING_DAYS):
            return "ending"
        return "valid"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Companies in other time zones may live on another day.
        companies = defaultdict(list)
        for company in self.env["res.company"].sudo().search([]):
            companies[company._get_dunning_today()].append(company.id)
        return Domain.OR(
            Domain("company_id", "in", company_ids)
            & Domain.OR(
                domain for state, domain in self._get_state_domains(day).items() if state in value
            )
            for day, company_ids in companies.items()
        )

    @api.model
    def _get_state_domains(self, day):
        lapsed = Domain("date_to", "<", day)
        planned = ~lapsed & Domain(self._validity_start, ">", day)
        ending = ~lapsed & ~planned & Domain("date_to", "<=", day + timedelta(days=ENDING_DAYS))
        return {
            "planned": planned,
            "valid": ~lapsed & ~planned & ~ending,
            "ending": ending,
            "lapsed": lapsed,
        }

    @api.model
    def _search_valid(self, operator, value):
        if operator != "in":
            return NotImplemented
        valid = Domain("state", "in", ["valid", "ending"])
        return Domain.OR(valid if wanted else ~valid for wanted in value)

    @api.depends(lambda self: (self._validity_start, "date_to", "active", *self._successor_keys))
    def _compute_replaced(self):
        rows = self.env.execute_query(self._get_replaced_sql(self.ids)) if self.ids else []
        replaced = {record_id for (record_id,) in rows}
        for record in self:
            record.replaced = record._origin.id in replaced

    @api.model
    def _search_replaced(self, operator, value):
        if operator != "in":
            return NotImplemented
        replaced = Domain("id", "in", SQL("(%s)", self._get_replaced_sql()))
        return Domain.OR(replaced if wanted else ~replaced for wanted in value)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_debtor(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_debtor(vals))

    @api.model
    def _with_debtor(self, vals):
        """Keep covers and checks on the commercial entity, whichever contact was chosen: figures
        of a debtor are those of the whole entity."""
        if not vals.get("partner_id"):
            return vals
        partner = self.env["res.partner"].browse(vals["partner_id"])
        return {**vals, "partner_id": partner.sudo().commercial_partner_id.id}

    # === BUSINESS ===#
    @api.model
    def _get_replaced_sql(self, ids=None):
        """Ids of those that have a successor: one that began later, and what else it takes.

        :param list ids: only these, None for all
        """
        start = SQL.identifier(self._validity_start)
        names = (self._validity_start, "date_to", "active", *self._successor_keys)
        return SQL(
            """
            SELECT own.id
              FROM %(table)s own
              JOIN %(table)s other
                ON %(same)s
               AND other.active
               AND (other.%(start)s, other.id) > (own.%(start)s, own.id)
             WHERE %(condition)s
               %(ids)s""",
            table=SQL.identifier(self._table),
            same=SQL(" AND ").join(
                SQL("other.%(key)s IS NOT DISTINCT FROM own.%(key)s", key=SQL.identifier(name))
                for name in self._successor_keys
            ),
            start=start,
            condition=self._get_successor_condition(),
            ids=SQL("AND own.id IN %s", tuple(ids)) if ids is not None else SQL(),
            to_flush=[self._fields[name] for name in names],
        )

    @api.model
    def _review_renewals(self, company, day):
        """Ask for what ends soon or has just lapsed, once per end, and stop asking when there is
        a new one or the end was put off."""
        last_day = day + timedelta(days=self._renewal_days)
        for activity in self._get_company_activities(company, self._renewal_activity_type):
            record = self.browse(activity.res_id)
            if record.replaced or not record.date_to or record.date_to > last_day:
                activity.unlink()
            elif activity.date_deadline != record.date_to:
                activity.unlink()
                record.renewal_asked_date = False
        ending = self.search(
            [
                ("company_id", "=", company.id),
                ("date_to", ">=", day - timedelta(days=HISTORY_DAYS)),
                ("date_to", "<=", last_day),
                ("replaced", "=", False),
            ]
        )
        for record in ending.filtered(lambda record: record.renewal_asked_date != record.date_to):
            record.renewal_asked_date = record.date_to
            summary = record._with_credit_user_lang()._get_renewal_summary()
            record._ask_credit_user(self._renewal_activity_type, record.date_to, summary)

    @api.model
    def _get_company_activities(self, company, activity_type):
        """Open activities of a type on the records of a company."""
        found = (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    (
                        "activity_type_id",
                        "=",
                        self.env["ir.model.data"]._xmlid_to_res_id(activity_type),
                    ),
                    ("res_model", "=", self._name),
                ]
            )
        )
        records = self.browse(found.mapped("res_id")).exists()
        ids = records.filtered(lambda record: record.company_id == company).ids
        return found.filtered(lambda activity: activity.res_id in ids)

    def _with_credit_user_lang(self):
        """This record in the language of whoever is asked about it."""
        self.ensure_one()
        return self.with_context(lang=self.company_id._get_credit_user().lang or self.env.lang)

    def _ask_credit_user(self, activity_type, deadline, summary):
        """Make an activity for whoever looks after the credit of this company, unless an
        administrator removed that type of activity."""
        self.ensure_one()
        if self.env.ref(activity_type, raise_if_not_found=False):
            self.activity_schedule(
                activity_type,
                date_deadline=deadline,
                summary=summary,
                user_id=self.company_id._get_credit_user().id,
            )

    # === HOOKS ===#
    @api.model
    def _get_successor_condition(self):
        """What a later one, ``other``, has to fulfill besides to replace ``own``."""
        return SQL("TRUE")

    def _get_renewal_summary(self):
        """What somebody is asked to do before this ends."""
        raise NotImplementedError
