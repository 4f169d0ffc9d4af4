from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from .dunning_decision import SENT_STATES
from .flushed_fields import get_flushed_fields


class CreditCheckEngine(models.AbstractModel):
    """What the hold rules ask of a debtor besides his position."""

    _inherit = "credit.check"

    # === BUSINESS ===#
    def _get_facts(self, company, debtors, rules):
        """What the rules ask besides the position, read in one statement:
        ``{id: {manual, manual_reason, risk_class, is_new, level, severity, meant}}``; the level is
        the name of it, and of the domains that ``_get_domain_sql`` reads ``meant`` tells by their
        text whether they hold."""
        names = ("manual", "manual_reason", "risk_class", "is_new", "level", "severity", "meant")
        domains = {
            repr(rule.domain): holds
            for rule in rules
            if (holds := self._get_domain_sql(debtors, rule.domain))
        }
        with_level = any(rule.criterion == "level" for rule in rules)
        with_new = any(rule.new_customers_only for rule in rules)
        with_class = any(rule.risk_class_ids for rule in rules)
        query = SQL(
            """
            SELECT debtor.id, %(manual)s, %(manual_reason)s, %(risk_class)s, %(is_new)s,
                   reminder.level_name, reminder.severity, %(meant)s
              FROM res_partner debtor
              LEFT JOIN LATERAL (%(reminder)s) reminder ON TRUE
             WHERE debtor.id IN %(ids)s""",
            ids=tuple(debtors.ids) or (0,),
            manual=debtors._field_to_sql("debtor", "credit_hold_manual"),
            manual_reason=debtors._field_to_sql("debtor", "credit_hold_manual_reason"),
            risk_class=self._get_risk_class_sql(company, debtors) if with_class else SQL("NULL"),
            meant=SQL("ARRAY[%s]::boolean[]", SQL(", ").join(domains.values())),
            is_new=self._get_new_customer_sql(company) if with_new else SQL("FALSE"),
            reminder=self._get_reminder_sql(company)
            if with_level
            else SQL("SELECT NULL AS level_name, 0 AS severity"),
        )
        facts = {
            row[0]: dict(zip(names, row[1:], strict=True)) for row in self.env.execute_query(query)
        }
        for values in facts.values():
            values["meant"] = dict(zip(domains, values["meant"], strict=True))
        return facts

    def _get_domain_sql(self, debtors, domain):
        """Whether the condition of a rule holds for a debtor, when his own columns tell: it is
        read along then. Nothing for other conditions, which cost a query of their own."""
        fields = debtors._fields
        names = {condition.field_expr for condition in Domain(domain).iter_conditions()}
        if not names or not all(self._is_column(fields.get(name)) for name in names):
            return None
        query = debtors.with_context(active_test=False)._search(
            Domain("id", "in", debtors.ids) & Domain(domain)
        )
        return SQL("debtor.id IN %s", query.subselect())

    def _is_column(self, field):
        return bool(field and field.store and field.column_type)

    def _is_debtor_meant(self, rule, debtor, facts):
        """Whether the condition of a rule on the debtor holds."""
        if not rule.domain:
            return True
        known = facts["meant"].get(repr(rule.domain))
        return bool(debtor.filtered_domain(rule.domain)) if known is None else known

    def _get_risk_class_sql(self, company, debtors):
        return SQL(
            "(SELECT risk_class_id FROM (%s) AS classified WHERE partner_id = debtor.id)",
            self.env["credit.behavior"]._get_classes_sql(company, debtors.ids),
        )

    def _get_new_customer_sql(self, company):
        """No invoice that was ever paid."""
        names = ("commercial_partner_id", "company_id", "move_type", "payment_state", "state")
        return SQL(
            """NOT EXISTS (
                SELECT 1 FROM account_move
                 WHERE commercial_partner_id = debtor.id AND company_id = %s
                   AND move_type = 'out_invoice' AND state = 'posted'
                   AND payment_state IN ('paid', 'in_payment'))""",
            company.id,
            to_flush=get_flushed_fields(self.env, {"account.move": names}),
        )

    def _get_reminder_sql(self, company):
        """The firmest reminder that was sent for what is still open."""
        return SQL(
            """
            SELECT (SELECT %(name)s FROM dunning_level level WHERE level.id = firmest.level_id)
                       AS level_name,
                   firmest.severity
              FROM (
                  SELECT line.level_id, line.severity
                    FROM res_partner person
                    JOIN account_move_line item ON item.partner_id = person.id
                     AND item.parent_state = 'posted' AND item.reconciled IS NOT TRUE
                     AND item.amount_residual_currency > 0 AND item.company_id = %(company_id)s
                    JOIN dunning_notice_line line ON line.move_line_id = item.id
                     AND line.state IN %(sent)s
                   WHERE person.commercial_partner_id = debtor.id
                   ORDER BY line.severity DESC, line.id DESC
                   LIMIT 1
              ) AS firmest""",
            name=self.env["dunning.level"]._field_to_sql("level", "name"),
            company_id=company.id,
            sent=SENT_STATES,
            to_flush=get_flushed_fields(
                self.env,
                {
                    "account.move.line": (
                        "amount_residual_currency",
                        "company_id",
                        "parent_state",
                        "partner_id",
                        "reconciled",
                    ),
                    "dunning.notice.line": ("level_id", "move_line_id", "severity", "state"),
                    "res.partner": ("commercial_partner_id",),
                },
            ),
        )
