from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from .credit_check import CreditRequest
from .groups import COLLECTOR, VIEWER

MANUAL_FIELDS = ("credit_hold_manual", "credit_hold_manual_reason")


class ResPartner(models.Model):
    """Whether new orders of a debtor would be held, and why; and the hold by hand."""

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_hold = fields.Boolean(
        compute="_compute_credit_hold",
        search="_search_credit_hold",
        compute_sudo=True,
        groups=VIEWER,
        help="A new order of the debtor would have to wait.",
    )
    credit_hold_reason = fields.Char(
        compute="_compute_credit_hold", compute_sudo=True, groups=VIEWER
    )

    # === COMPUTE ===#
    @api.depends(
        "commercial_partner_id",
        "credit_hold_manual",
        "credit_hold_manual_reason",
        "credit_limit",
        "debtor_status",
    )
    @api.depends_context("company", "lang")
    def _compute_credit_hold(self):
        debtors = self.commercial_partner_id._origin
        holds = self._get_credit_holds(self.env.company, debtors)
        for partner in self:
            reason = holds.get(partner.commercial_partner_id._origin.id)
            partner.credit_hold = bool(reason)
            partner.credit_hold_reason = reason or False

    @api.model
    def _search_credit_hold(self, operator, value):
        if operator != "in":
            return NotImplemented
        partners = self.sudo().with_company(self.env.company)
        candidates = partners.browse(partners._find_hold_candidates(self.env.company))
        held = list(partners._get_credit_holds(self.env.company, candidates))
        return Domain("commercial_partner_id", "in" if True in value else "not in", held)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get(name) for vals in vals_list for name in MANUAL_FIELDS):
            self._check_credit_hold_access()
        return super().create(vals_list)

    def write(self, vals):
        if any(name in vals for name in MANUAL_FIELDS):
            self._check_credit_hold_access()
        return super().write(vals)

    def _check_credit_hold_access(self):
        if not self.env.su and not self.env.user.has_group(COLLECTOR):
            raise AccessError(self.env._("Only collectors hold the orders of a debtor."))

    # === ACTIONS ===#
    def action_hold_credit(self):
        """Ask why, and hold new orders of this debtor."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hold Orders"),
            "res_model": "credit.hold",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    def action_end_credit_hold(self):
        """New orders of this debtor need not wait any more for the hold by hand."""
        self._set_credit_hold(False)

    def action_ask_credit_release(self):
        """Ask for a release of what this debtor orders, without an order at hand."""
        self.ensure_one()
        return self.env["credit.release.ask"]._get_open_action(partner=self.commercial_partner_id)

    # === BUSINESS ===#
    def _set_credit_hold(self, reason):
        """Hold new orders by hand, or end that when there is no reason. In this company only."""
        debtors = self.commercial_partner_id
        debtors._check_credit_hold_access()
        debtors.sudo().write(
            {"credit_hold_manual": bool(reason), "credit_hold_manual_reason": reason}
        )
        for debtor in debtors:
            debtor._message_log(
                body=self.env._("Orders are held: %s", reason)
                if reason
                else self.env._("Orders are not held by hand any more.")
            )
        self.env["credit.signal"].sudo()._review_holds(self.env.company, debtors.sudo())
        if not reason:
            self.env["credit.release"]._trigger_cure(debtors)

    @api.model
    def _get_credit_holds(self, company, debtors):
        """Why new orders are held, by id of those debtors for whom they are."""
        debtors = debtors.sudo().with_company(company)
        requests = [CreditRequest(debtor) for debtor in debtors]
        checks = self.env["credit.check"]._check_many(company, requests)
        held = {
            request: check for request, check in zip(requests, checks, strict=True) if check.is_held
        }
        if not held:
            return {}
        releases = self.env["credit.release"]._get_in_force(
            company, debtors.browse([request.debtor.id for request in held])
        )
        day = company._get_dunning_today()
        return {
            request.debtor.id: check.sentences
            for request, check in held.items()
            if check.outcome == "refuse"
            or not releases._find_covering(request, check.criteria, 0.0, day)
        }

    def _find_hold_candidates(self, company):
        """Ids of the debtors whom a rule might hold, found by the database."""
        rules = self.env["credit.hold.rule"]._get_rules(company)
        holding = [rule for rule in rules if rule.action != "inform"]
        criteria = {rule.criterion for rule in holding}
        overdue = [
            rule.days for rule in holding if rule.criterion in ("days_overdue", "overdue_amount")
        ]
        conditions = []
        if "limit" in criteria:
            conditions.append(SQL("available < 0"))
        if overdue:
            conditions.append(SQL("(oldest_days > %s AND overdue > unallocated)", min(overdue)))
        if "cover" in criteria:
            conditions.append(SQL("cover_lapsed"))
        if "check" in criteria:
            conditions.append(SQL("NOT check_valid"))
        found = set()
        if conditions:
            query = SQL(
                "%s SELECT partner_id FROM exposure_position WHERE %s",
                self.env["credit.exposure"]._get_exposure_sql(
                    company, company._get_dunning_today()
                ),
                SQL(" OR ").join(conditions),
            )
            found.update(row[0] for row in self.env.execute_query(query))
        if "level" in criteria:
            found.update(self._find_reminded_debtors(company))
        own = Domain.OR(
            [
                *([Domain("credit_hold_manual", "=", True)] if "manual" in criteria else []),
                *([Domain("debtor_status", "!=", False)] if "status" in criteria else []),
            ]
        )
        found.update(self.search(own)._ids)
        return [partner.id for partner in self.browse(found).commercial_partner_id]

    def _find_reminded_debtors(self, company):
        """Debtors of whom something is open that was reminded at all."""
        notices = self.env["dunning.notice.line"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "sent"),
                ("move_line_id.reconciled", "=", False),
                ("move_line_id.parent_state", "=", "posted"),
            ]
        )
        return notices.move_line_id.partner_id.commercial_partner_id.ids
