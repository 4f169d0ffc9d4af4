from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .dunning_notice_line import REMOVABLE_STATES

DEBTOR_STATUSES = [
    ("bankruptcy", "Bankruptcy"),
    ("suspension", "Suspension of payment"),
    ("restructuring", "Debt restructuring"),
    ("administration", "Under administration"),
    ("deceased", "Deceased"),
]
STATUS_FIELDS = (
    "debtor_status",
    "debtor_status_date",
    "debtor_status_contact_id",
    "debtor_status_reference",
)
EARLIEST_STATUS = date(1990, 1, 1)
CLAIM_ACTIVITY = "account_credit_management.mail_activity_type_file_claim"


class ResPartner(models.Model):
    """Bankruptcy and the like: what was invoiced before is a claim to file, not to remind.

    The status belongs to the commercial partner. However it is written, by the assistant, an
    import or another program, it holds the older items by blocks in every company and takes them
    out of reminders that wait; ending it lets them go on.
    """

    _inherit = "res.partner"

    # === FIELDS ===#
    debtor_status = fields.Selection(
        DEBTOR_STATUSES,
        copy=False,
        tracking=True,
        groups="account_credit_management.group_viewer",
    )
    debtor_status_date = fields.Date(
        "Status Since",
        copy=False,
        tracking=True,
        groups="account_credit_management.group_viewer",
        help="Items invoiced until this day are not reminded any more. Later claims are, and go "
        "to the person in charge.",
    )
    debtor_status_contact_id = fields.Many2one(
        "res.partner",
        "Person in Charge",
        copy=False,
        tracking=True,
        groups="account_credit_management.group_viewer",
        help="Trustee, administrator or heirs: everything is addressed to this person.",
    )
    debtor_status_reference = fields.Char(
        "Case Reference",
        copy=False,
        tracking=True,
        groups="account_credit_management.group_viewer",
        help="Number under which the court or the person in charge knows the case.",
    )
    debtor_status_warning = fields.Char(
        "Status Warning",
        compute="_compute_debtor_status_warning",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )

    # === CONSTRAINTS ===#
    @api.constrains(
        "debtor_status",
        "debtor_status_date",
        "debtor_status_contact_id",
        "parent_id",
        "is_company",
    )
    def _check_debtor_status(self):
        for partner in self.sudo():
            day = partner.debtor_status_date
            contact = partner.debtor_status_contact_id
            name = partner.display_name
            if not partner.debtor_status:
                if day or contact:
                    raise ValidationError(self.env._("Choose the debtor status of %s too.", name))
                continue
            if not day:
                raise ValidationError(
                    self.env._("Since when has %s that status? Fill in the date.", name)
                )
            limit = fields.Date.context_today(self) + relativedelta(years=1)
            if not EARLIEST_STATUS <= day <= limit:
                raise ValidationError(
                    self.env._(
                        "The status of %(debtor)s cannot be of %(date)s: choose a day from 1990 "
                        "until a year from now.",
                        debtor=name,
                        date=format_date(self.env, day),
                    )
                )
            if contact == partner:
                raise ValidationError(
                    self.env._("%s cannot be the person in charge of its own case.", name)
                )
            if partner.commercial_partner_id != partner:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: a debtor status belongs to the "
                        "company. Set it there, or end that of the contact first.",
                        contact=name,
                        company=partner.commercial_partner_id.display_name,
                    )
                )

    # === COMPUTE ===#
    @api.depends(
        "commercial_partner_id.debtor_status",
        "commercial_partner_id.debtor_status_date",
        "commercial_partner_id.debtor_status_contact_id.name",
    )
    @api.depends_context("lang")
    def _compute_debtor_status_warning(self):
        for partner in self:
            debtor = partner.commercial_partner_id
            if not debtor.debtor_status:
                partner.debtor_status_warning = False
                continue
            warning = self.env._("%s: do not deliver on account.", debtor._get_debtor_status_text())
            if debtor.debtor_status_contact_id:
                person = self.env._(
                    "Person in charge: %s.", debtor.debtor_status_contact_id.display_name
                )
                warning = f"{warning} {person}"
            partner.debtor_status_warning = warning

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base'
        if not any(vals.get(name) for vals in vals_list for name in STATUS_FIELDS):
            return super().create(vals_list)
        self._check_debtor_status_access()
        partners = super().create(vals_list)
        debtors = partners.sudo().filtered("debtor_status")
        debtors._follow_debtor_status(is_new=True)
        return partners

    def write(self, vals):
        # EXTENDS 'base'
        if "debtor_status" in vals and not vals["debtor_status"]:
            vals = {**vals, **dict.fromkeys(STATUS_FIELDS, False)}
        is_changed = any(name in vals for name in STATUS_FIELDS)
        if not is_changed and "company_id" not in vals:
            return super().write(vals)
        if is_changed:
            self._check_debtor_status_access()
        debtors = self.sudo()
        before = {debtor: (debtor.debtor_status, debtor.debtor_status_date) for debtor in debtors}
        res = super().write(vals)
        for debtor, (status, day) in before.items():
            if debtor.debtor_status or status:
                is_new = (debtor.debtor_status, debtor.debtor_status_date) != (status, day)
                debtor._follow_debtor_status(is_new)
        return res

    # === ACTIONS ===#
    def action_set_debtor_status(self):
        """Ask for the status of the debtor behind this partner."""
        self.ensure_one()
        return self.env["dunning.debtor.status"]._get_open_action(self.commercial_partner_id)

    def action_end_debtor_status(self):
        """The case is closed: reminders of older items go on where they stood."""
        self._check_debtor_status_access()
        self.commercial_partner_id.sudo().write({"debtor_status": False})

    # === BUSINESS ===#
    def _check_debtor_status_access(self):
        if not self.env.su and not self.env.user.has_group(
            "account_credit_management.group_collector"
        ):
            raise AccessError(self.env._("Only collectors change the status of a debtor."))

    def _write_debtor_status(self, values):
        """Write the status without what follows from it."""
        return super().write(values)

    def _get_debtor_status_text(self):
        """“Bankruptcy as of 01/15/2026” of this debtor; empty without a status."""
        self.ensure_one()
        if not self.debtor_status:
            return ""
        labels = dict(self._fields["debtor_status"]._description_selection(self.env))
        return self.env._(
            "%(status)s as of %(date)s",
            status=labels[self.debtor_status],
            date=format_date(self.env, self.debtor_status_date),
        )

    def _get_debtor_status_reason(self):
        """The status as the reason of a block, with the reference of the case."""
        text = self._get_debtor_status_text()
        reference = self.debtor_status_reference
        return f"{text} ({reference})" if reference else text

    def _follow_debtor_status(self, is_new=False):
        """Make blocks, reminders and activities agree with the status. Doing it again is harmless.

        To be called with superuser rights: a bankruptcy counts in every company.

        :param bool is_new: whether the status, or its date, is another one than before
        """
        debtors = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        debtors._sync_status_blocks()
        debtors._cancel_claimed_reminders()
        debtors._cancel_claimed_calls()
        for debtor in debtors:
            if not debtor.debtor_status:
                debtor.activity_unlink([CLAIM_ACTIVITY])
            elif is_new:
                debtor._ask_to_file_claim()

    def _sync_status_blocks(self):
        """One block per company without a parent, as long as the status lasts."""
        blocks = self.env["dunning.block"]
        current = blocks.search(
            [
                ("kind", "=", "status"),
                ("partner_id", "in", self.ids),
                ("move_line_id", "=", False),
                ("lifted_date", "=", False),
            ],
            order="id",
        )
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        kept = blocks.browse()
        values_list = []
        for debtor in self.filtered("debtor_status"):
            values = debtor._prepare_status_block_values()
            for company in debtor.company_id.root_id or companies:
                block = current.filtered(
                    lambda block, debtor=debtor, company=company: (
                        block.partner_id == debtor and block.company_id == company
                    )
                )[:1]
                if not block:
                    values_list.append({**values, **debtor._prepare_status_scope(company)})
                elif any(block[name] != value for name, value in values.items()):
                    block.write(values)
                kept |= block
        (current - kept)._lift()
        blocks.create(values_list)

    def _prepare_status_block_values(self):
        self.ensure_one()
        return {
            "date_from": self.debtor_status_date,
            "date_to": False,
            "items_until": self.debtor_status_date,
            "reason": self._get_debtor_status_reason(),
        }

    def _prepare_status_scope(self, company):
        return {
            "kind": "status",
            "company_id": company.id,
            "partner_id": self.id,
            "res_model": self._name,
            "res_id": self.id,
        }

    def _cancel_claimed_reminders(self):
        """Take what has to be filed as a claim out of reminders that wait, at once."""
        notices = self.env["dunning.notice"].search(
            [
                ("partner_id", "in", self._filter_in_force().ids),
                ("state", "in", REMOVABLE_STATES),
            ]
        )
        for notice in notices:
            debtor = notice.partner_id
            lines = notice._get_valid_lines().filtered(
                lambda line, since=debtor.debtor_status_date: (
                    line.move_line_id and line.move_line_id._get_dunning_date() <= since
                )
            )
            if lines:
                notice._remove_lines(lines, debtor._get_debtor_status_reason())

    def _cancel_claimed_calls(self):
        """Take back calls and visits about what has to be filed as a claim. Those for a reminder
        go with it."""
        activities = self.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self._filter_in_force().ids),
                ("dunning_channel", "!=", False),
                ("dunning_notice_id", "=", False),
            ]
        )
        for activity in activities:
            since = self.browse(activity.res_id).debtor_status_date
            moves = activity.dunning_move_ids
            if all((move.invoice_date or move.date) <= since for move in moves):
                activity.with_context(dunning_contact_closed=True).unlink()

    def _filter_in_force(self):
        """Debtors whose status has begun; one of a day to come holds nothing yet."""
        today = fields.Date.context_today(self)
        return self.filtered(
            lambda debtor: debtor.debtor_status and debtor.debtor_status_date <= today
        )

    def _ask_to_file_claim(self):
        """One activity for whoever looks after debtors, when something is open."""
        self.ensure_one()
        if self.activity_search([CLAIM_ACTIVITY]) or not self._has_open_items():
            return
        contact = self.debtor_status_contact_id
        if contact:
            summary = self.env._("File the claim with %s", contact.display_name)
        else:
            summary = self.env._("Find out who is in charge and file the claim")
        self._schedule_dunning_activity(
            self.env.company,
            CLAIM_ACTIVITY,
            summary=summary,
            note=self._get_debtor_status_reason(),
            deadline=self.env.ref(CLAIM_ACTIVITY)._get_date_deadline(),
        )

    def _has_open_items(self):
        domain = Domain("partner_id.commercial_partner_id", "in", self.ids) & Domain(
            [
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual", ">", 0),
            ]
        )
        return bool(self.env["account.move.line"].search_count(domain, limit=1))
