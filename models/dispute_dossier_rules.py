from datetime import timedelta

from odoo import fields, models


class DisputeDossier(models.Model):
    """Until when a dispute is settled, and by whom."""

    _inherit = "dispute.dossier"

    # === BUSINESS ===#
    def _apply_rule(self, since=None):
        """Fill in what nobody chose: deadline, responsible and priority.

        :param datetime.date since: working days count from here, whatever the deadline was; empty
            for a deadline that somebody may have chosen
        """
        for dossier in self.sudo():
            rule = dossier._find_rule()
            values = {"rule_id": rule.id}
            if since or not dossier.deadline:
                days = rule.days if rule else dossier.reason_id.deadline_days
                values["deadline"] = dossier._add_working_days(since or dossier.date, days)
            if rule.priority == "1":
                values["priority"] = "1"
            if not dossier.user_id:
                values["user_id"] = dossier._find_responsible(rule).id
            dossier._with_gate_open().write(values)
            dossier._follow_deadline()

    def _find_rule(self):
        """The first rule that applies to this dispute; none when no rule does."""
        self.ensure_one()
        rules = (
            self.env["dispute.deadline.rule"]
            .sudo()
            .search([("company_id", "parent_of", [self.company_id.id])])
        ) | self.env["dispute.deadline.rule"].sudo().search([("company_id", "=", False)])
        return rules.sorted(lambda rule: (rule.sequence, rule.id)).filtered(
            lambda rule: rule._applies_to(self)
        )[:1]

    def _find_responsible(self, rule):
        """Who looks after it: by the rule, the head of the department, the company's own choice,
        the contact for debtors."""
        self.ensure_one()
        users = (
            rule.user_id
            + self.department_id.user_id
            + self.company_id.sudo().dispute_user_id
            + self.partner_id._get_dunning_assignee(self.company_id)
        )
        return users.filtered(lambda user: user.active and not user.share)[:1]

    def _get_responsible(self):
        """The responsible, or who stands in for one who left."""
        self.ensure_one()
        user = self.sudo().user_id.filtered(lambda user: user.active and not user.share)
        return user or self.sudo()._find_responsible(self.sudo().rule_id)

    def _follow_deadline(self):
        """A deadline that was put off is watched anew, and so is its activity."""
        for dossier in self.sudo():
            if (
                dossier.escalated_date
                and dossier.deadline
                and (dossier.deadline >= dossier._get_today())
            ):
                dossier._with_gate_open().escalated_date = False
            settle = dossier.activity_ids.filtered(
                lambda activity: (
                    activity.activity_type_id
                    == self.env.ref("account_credit_management.mail_activity_type_dispute_settle")
                )
            )
            if settle and dossier.deadline:
                settle.date_deadline = dossier.deadline

    def _add_working_days(self, day, count):
        """The working day so many working days after a day; the day itself for none."""
        self.ensure_one()
        day = fields.Date.to_date(day)
        for _number in range(max(count, 0)):
            day = self.company_id._get_next_dunning_working_day(day + timedelta(days=1))
        return day
