from operator import ge, gt, le, lt

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """Dunning on the debtor: policy, what is overdue, reminders and pauses."""

    _inherit = "res.partner"

    # === FIELDS ===#
    dunning_policy_id = fields.Many2one(
        "dunning.policy",
        company_dependent=True,
        check_company=True,
        ondelete="restrict",
        domain="['|', ('company_id', '=', False), ('company_id', 'parent_of', current_company_id)]",
        groups="account_credit_management.group_viewer",
        help="Empty: the default policy of the company.",
    )
    dunning_effective_policy_id = fields.Many2one(
        "dunning.policy",
        "Policy in Force",
        compute="_compute_dunning_effective_policy_id",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )
    dunning_policy_source = fields.Char(
        "Decided By",
        compute="_compute_dunning_effective_policy_id",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )
    overdue_amount = fields.Monetary(
        compute="_compute_overdue_amount",
        search="_search_overdue_amount",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
        help="Open and past its due date, of the whole commercial entity in the current company "
        "and its currency; unallocated payments and credit notes are not deducted.",
    )
    dunning_oldest_days = fields.Integer(
        "Oldest Days Late",
        compute="_compute_overdue_amount",
        compute_sudo=True,
        groups="account_credit_management.group_viewer",
    )
    dunning_notice_count = fields.Integer(
        "Reminders",
        compute="_compute_dunning_counts",
        groups="account_credit_management.group_collector",
    )
    dunning_block_count = fields.Integer(
        "Pauses",
        compute="_compute_dunning_counts",
        groups="account_credit_management.group_collector",
    )
    dunning_block_ids = fields.One2many(
        "dunning.block", "partner_id", groups="account_credit_management.group_viewer"
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id", "dunning_policy_id")
    @api.depends_context("company", "lang")
    def _compute_dunning_effective_policy_id(self):
        """The policy that the decision would use, and what decided it."""
        company = self.env.company
        policies = self.env["dunning.policy"]
        default = policies._get_default(company)
        found = {}
        debtors = self.commercial_partner_id
        for policy in policies._get_with_target_group(company):
            rest = debtors.filtered(lambda debtor: debtor.id not in found)
            for debtor in rest.filtered_domain(policy._get_debtor_domain()):
                found[debtor.id] = policy
        for partner in self:
            debtor = partner.commercial_partner_id
            if debtor.dunning_policy_id.active:
                policy, source = debtor.dunning_policy_id, self.env._("chosen by hand")
            elif debtor.id in found:
                policy, source = found[debtor.id], self.env._("target group of the policy")
            else:
                policy, source = default, self.env._("default of the company")
            partner.dunning_effective_policy_id = policy
            partner.dunning_policy_source = source if policy else False

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_overdue_amount(self):
        today = fields.Date.context_today(self)
        query = self._get_overdue_sql(today, self.commercial_partner_id.ids)
        figures = {
            partner_id: (amount, (today - oldest).days)
            for partner_id, amount, oldest in self.env.execute_query(query)
        }
        for partner in self:
            amount, days = figures.get(partner.commercial_partner_id._origin.id, (0.0, 0))
            partner.overdue_amount = amount
            partner.dunning_oldest_days = days

    @api.model
    def _search_overdue_amount(self, operator, value):
        """Partners by what their commercial entity has overdue; without anything it is zero."""
        compare = {">": gt, ">=": ge, "<": lt, "<=": le}.get(operator)
        if not compare:
            return NotImplemented
        query = self._get_overdue_sql(fields.Date.context_today(self), None)
        overdue = SQL("SELECT partner_id FROM (%s) AS overdue", query)
        found = Domain(
            "commercial_partner_id",
            "in",
            SQL("(%s WHERE amount %s %s)", overdue, SQL(operator), value),
        )
        if compare(0, value):
            found |= Domain("commercial_partner_id", "not in", SQL("(%s)", overdue))
        return found

    def _compute_dunning_counts(self):
        notices = dict(
            self.env["dunning.notice"]._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "in", self.env.companies.ids),
                ],
                ["partner_id"],
                ["__count"],
            )
        )
        blocks = dict(
            self.env["dunning.block"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids), ("state", "=", "active")],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.dunning_notice_count = notices.get(partner.commercial_partner_id, 0)
            partner.dunning_block_count = blocks.get(partner.commercial_partner_id, 0)

    # === ACTIONS ===#
    def action_open_dunning_notices(self):
        self.ensure_one()
        return self.env["dunning.notice"]._get_list_action(
            [("partner_id", "=", self.commercial_partner_id.id)]
        )

    def action_open_dunning_blocks(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_dunning_block"
        )
        return action | {
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "search_default_active": 1,
            },
        }

    # === BUSINESS ===#
    @api.model
    def _get_overdue_sql(self, day, partner_ids):
        """Overdue amount (company currency) and oldest due date per commercial partner.

        :param list partner_ids: commercial partners to restrict to, None for all
        """
        accounts = self.env["dunning.decision"]._get_receivable_accounts(self.env.company)
        line_fields = self.env["account.move.line"]._fields
        return SQL(
            """
            SELECT person.commercial_partner_id AS partner_id, SUM(line.amount_residual) AS amount,
                   MIN(COALESCE(line.date_maturity, line.date)) AS oldest
              FROM account_move_line line
              JOIN res_partner person ON person.id = line.partner_id
             WHERE line.account_id IN %(accounts)s
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company_id)s
               AND line.amount_residual > 0
               AND COALESCE(line.date_maturity, line.date) < %(day)s
               %(partners)s
             GROUP BY person.commercial_partner_id""",
            accounts=tuple(accounts.ids) or (0,),
            company_id=self.env.company.id,
            day=day,
            partners=SQL(
                "AND line.partner_id IN (SELECT id FROM res_partner "
                "WHERE commercial_partner_id IN %s)",
                tuple(partner_ids) or (0,),
            )
            if partner_ids is not None
            else SQL(),
            to_flush=[
                line_fields[name]
                for name in (
                    "account_id",
                    "amount_residual",
                    "company_id",
                    "date",
                    "date_maturity",
                    "parent_state",
                    "partner_id",
                    "reconciled",
                )
            ]
            + [self._fields["commercial_partner_id"]],
        )
