from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .credit_limit import APPROVED
from .groups import VIEWER


class ResPartner(models.Model):
    """The limit of a debtor: whoever changes it, and however, it is in the journal.

    Contacts carry a copy of the limit of their company; it counts for nothing until they become
    a debtor of their own, and is then taken away.
    """

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_limit_count = fields.Integer(
        compute="_compute_credit_limit_count",
        groups=VIEWER,
        help="Entries in the journal of the limit, and requests.",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("allowed_company_ids")
    def _compute_credit_limit_count(self):
        rows = self.env["credit.limit"]._read_group(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("state", "!=", "cancelled"),
            ],
            ["partner_id"],
            ["__count"],
        )
        counts = {partner.id: count for partner, count in rows}
        for partner in self:
            partner.credit_limit_count = counts.get(partner.commercial_partner_id.id, 0)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'base'
        partners = super().create(vals_list)
        limited = partners.browse(
            partner.id
            for partner, vals in zip(partners, vals_list, strict=True)
            if "credit_limit" in vals
        )
        limited._register_credit_limits(
            dict.fromkeys(limited.ids, limited._get_default_credit_limit())
        )
        return partners

    def write(self, vals):
        # EXTENDS 'base'
        contacts = self.browse()
        if "parent_id" in vals or "is_company" in vals:
            contacts = self.filtered(lambda partner: partner.commercial_partner_id != partner)
        if "credit_limit" not in vals and not contacts:
            return super().write(vals)
        before = {partner.id: partner.credit_limit for partner in self.sudo()}
        res = super().write(vals)
        independent = contacts.filtered(lambda partner: partner.commercial_partner_id == partner)
        if independent:
            independent._reset_credit_limit()
        if independent and "credit_limit" in vals:
            independent.write({"credit_limit": vals["credit_limit"]})
        if "credit_limit" in vals:
            (self - independent)._register_credit_limits(before)
        return res

    # === ACTIONS ===#
    def action_ask_credit_limit(self):
        """Ask for a limit, or grant one."""
        self.ensure_one()
        return self.env["credit.limit.request"]._get_open_action(self)

    def action_open_credit_limits(self):
        """The journal of the limit, with what was asked for."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_management.action_credit_limit"
        )
        debtor = self.commercial_partner_id
        return {
            **action,
            "domain": [("partner_id", "=", debtor.id)],
            "context": {"default_partner_id": debtor.id},
        }

    # === BUSINESS ===#
    def _get_default_credit_limit(self):
        """What debtors without a limit of their own have in this company."""
        return self._fields["credit_limit"].get_company_dependent_fallback(self)

    def _with_credit_gate_open(self):
        """These debtors, for limits that were agreed on and are in the journal already."""
        return self.sudo().with_context(credit_limit_approved=APPROVED)

    def _register_credit_limits(self, before):
        """Write changed limits of the company at work in the journal, if the user may.

        :param dict before: limit until now, by partner id
        """
        limits = self.env["credit.limit"]
        if not self or limits._is_gate_open():
            return
        company = self.env.company
        partners = self.sudo()
        debtors = partners.filtered(lambda partner: partner.commercial_partner_id == partner)
        for contact in partners - debtors:
            debtor = contact.commercial_partner_id
            if company.currency_id.compare_amounts(contact.credit_limit, debtor.credit_limit):
                raise UserError(
                    self.env._(
                        "%(contact)s is a contact: change the limit of %(debtor)s.",
                        contact=contact.display_name,
                        debtor=debtor.display_name,
                    )
                )
        for debtor in debtors:
            if debtor.credit_limit < 0:
                raise ValidationError(self.env._("A limit is never negative."))
        limits._register_changes(company, debtors, before)
        debtors._invalidate_credit()

    def _reset_credit_limit(self):
        """Take away what contacts inherited: as a debtor nobody has granted them anything."""
        self.flush_recordset(["credit_limit"])
        self.env.cr.execute(
            SQL("UPDATE res_partner SET credit_limit = NULL WHERE id IN %s", tuple(self.ids))
        )
        self.invalidate_recordset(["credit_limit"])
        self._invalidate_credit()

    def _invalidate_credit(self):
        """Compute anew what follows from limits; some of it the framework cannot know."""
        self.invalidate_recordset(
            [
                "credit_available",
                "credit_exposure",
                "credit_limit_count",
                "credit_limit_in_force",
                "credit_usage",
                "use_partner_credit_limit",
            ],
            flush=False,
        )

    def _lock_credit(self):
        """Let another decision about the credit of these debtors, or of those who share a limit
        with them, wait and start over.

        Cursors read a snapshot: whoever changes these rows second fails to serialize and is run
        again by the server, and then sees what the first one took.
        """
        if self:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE res_partner SET credit_serial = COALESCE(credit_serial, 0) + 1
                     WHERE id IN (
                           SELECT id FROM res_partner
                            WHERE id IN (SELECT UNNEST(%(ids)s)
                                          UNION
                                         SELECT other.partner_id
                                           FROM credit_group_partner_rel own
                                           JOIN credit_group_partner_rel other
                                             ON other.group_id = own.group_id
                                          WHERE own.partner_id = ANY(%(ids)s))
                            ORDER BY id FOR NO KEY UPDATE)""",
                    ids=self.ids,
                )
            )

    # === BUSINESS: MERGE ===#
    def _prepare_credit_merge(self):
        """What the merge of these debtors has to know of their limits before it happens.

        :return: by company the limits of their own, and the increases that have not ended
        :rtype: dict[res.company, tuple[dict[int, float], dict[credit.limit, int]]]
        """
        prepared = {}
        for company in self.env["res.company"].sudo().search([]):
            partners = self.sudo().with_company(company)
            default = partners._get_default_credit_limit()
            limits = {
                partner.id: partner.credit_limit
                for partner in partners
                if partner == partner.commercial_partner_id
                and company.currency_id.compare_amounts(partner.credit_limit, default)
            }
            increases = partners.credit_limit_ids.filtered(
                lambda limit, company=company: (
                    limit.company_id == company
                    and limit.kind == "temporary"
                    and limit.state == "approved"
                    and limit.date_to >= company._get_dunning_today()
                )
            )
            prepared[company] = (
                limits,
                {limit: limit.partner_id.id for limit in increases},
            )
        return prepared

    def _settle_credit_merge(self, sources, prepared):
        """Give a merged debtor one limit per company, and write it in the journal.

        The merge of Odoo moves journals, requests and increases by SQL. The debtor keeps its own
        limit; without one it gets the lowest of the others. Increases of a limit that is gone end,
        as nobody has granted them on top of the one that stays.

        :param dict sources: names of those that are gone, by id
        :param dict prepared: see :meth:`_prepare_credit_merge`
        """
        self.ensure_one()
        debtor = self.commercial_partner_id
        if debtor != self:
            self._move_credit_to(debtor)
        for company, (limits, increases) in prepared.items():
            there = debtor.sudo().with_company(company)
            others = {key: limits[key] for key in limits.keys() & sources.keys()}
            kept = debtor.id
            before = limits.get(debtor.id, there._get_default_credit_limit())
            amount = before
            if debtor != self:
                before = amount = there.credit_limit
            elif debtor.id not in limits and others:
                kept = min(others, key=lambda key: (others[key] <= 0, others[key]))
                amount = others[kept]
            if company.currency_id.compare_amounts(there.credit_limit, amount):
                there._with_credit_gate_open().credit_limit = amount
            for increase, owner_id in increases.items():
                if owner_id != kept:
                    increase._end()
            if others:
                self.env["credit.limit"]._write_journal(
                    company,
                    there,
                    {debtor.id: before},
                    self.env._("Merged with %s", ", ".join(sources[key] for key in others)),
                )
        debtor._invalidate_credit()

    def _move_credit_to(self, debtor):
        """Move what a merge has put on a contact to the debtor it belongs to."""
        self.sudo().credit_limit_ids._with_gate_open().partner_id = debtor
        for group in self.sudo().credit_group_ids:
            group.partner_ids = group.partner_ids - self + debtor
        for company in self.env["res.company"].sudo().search([]):
            there = self._with_credit_gate_open().with_company(company)
            there.credit_limit = there.commercial_partner_id.credit_limit
