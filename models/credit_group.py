from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .credit_limit import APPROVED


class CreditGroup(models.Model):
    """Debtors that share one limit: companies of one owner, branches that order on their own."""

    _name = "credit.group"
    _description = "Credit Group"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    credit_limit = fields.Monetary(
        readonly=True,
        copy=False,
        tracking=True,
        help="Set by an approved limit. Zero: the group has no limit of its own.",
    )
    partner_ids = fields.Many2many(
        "res.partner",
        "credit_group_partner_rel",
        "group_id",
        "partner_id",
        "Debtors",
        check_company=True,
        tracking=True,
        domain="[('parent_id', '=', False)]",
    )
    limit_ids = fields.One2many("credit.limit", "group_id", "Limits")
    limit_count = fields.Integer(compute="_compute_limit_count")
    credit_exposure = fields.Monetary(
        "Used",
        compute="_compute_credit_position",
        compute_sudo=True,
        help="What all debtors of the group use together.",
    )
    credit_available = fields.Monetary(
        "Left",
        compute="_compute_credit_position",
        compute_sudo=True,
        help="Of the limit of the group. Negative when it is exceeded.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("partner_ids")
    def _check_debtors(self):
        for group in self:
            for partner in group.sudo().partner_ids:
                if partner != partner.commercial_partner_id:
                    raise ValidationError(
                        self.env._(
                            "%(contact)s is a contact: put %(debtor)s in the group.",
                            contact=partner.display_name,
                            debtor=partner.commercial_partner_id.display_name,
                        )
                    )

    # === COMPUTE ===#
    @api.depends("limit_ids.state")
    def _compute_limit_count(self):
        for group in self:
            group.limit_count = len(
                group.limit_ids.filtered(lambda limit: limit.state != "cancelled")
            )

    @api.depends("company_id", "credit_limit", "partner_ids")
    def _compute_credit_position(self):
        exposure = self.env["credit.exposure"]
        for company, groups in self.grouped("company_id").items():
            debtors = groups.partner_ids._origin
            positions = company and exposure._get_positions(company, debtors) or {}
            for group in groups:
                group.credit_exposure = sum(
                    float(positions[partner.id].exposure)
                    for partner in group.partner_ids._origin
                    if partner.id in positions
                )
                group.credit_available = (
                    group.credit_limit - group.credit_exposure if group.credit_limit else 0.0
                )

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        groups = super().create(vals_list)
        groups._register_credit_limits(dict.fromkeys(groups.ids, 0.0))
        return groups

    def write(self, vals):
        if "credit_limit" not in vals:
            return super().write(vals)
        before = {group.id: group.credit_limit for group in self}
        res = super().write(vals)
        self._register_credit_limits(before)
        return res

    # === ACTIONS ===#
    def action_open_credit_limits(self):
        """The journal of the limit, with what was asked for."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_management.action_credit_limit"
        )
        return {
            **action,
            "domain": [("group_id", "=", self.id)],
            "context": {"default_kind": "group", "default_group_id": self.id},
        }

    def action_ask_credit_limit(self):
        """Ask for a limit of the group, or grant one."""
        self.ensure_one()
        return self.env["credit.limit.request"]._get_open_action(group=self)

    # === BUSINESS ===#
    def _with_credit_gate_open(self):
        """These groups, for limits that were agreed on and are in the journal already."""
        return self.sudo().with_context(credit_limit_approved=APPROVED)

    def _register_credit_limits(self, before):
        """Write limits that were changed directly in the journal, if the user may."""
        limits = self.env["credit.limit"]
        if limits._is_gate_open():
            return
        for company, groups in self.grouped("company_id").items():
            if any(group.credit_limit < 0 for group in groups):
                raise ValidationError(self.env._("A limit is never negative."))
            limits._register_changes(company, groups, before)

    def _lock_credit(self):
        """Let another decision about these groups wait, and start over."""
        if self:
            self.env.cr.execute(
                SQL("UPDATE credit_group SET id = id WHERE id IN %s", tuple(sorted(self.ids)))
            )
