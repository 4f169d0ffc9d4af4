from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import plaintext2html


class ResPartner(models.Model):
    """Talks with the debtor, and the activities that dunning makes on him."""

    _inherit = "res.partner"

    # === FIELDS ===#
    dunning_contact_count = fields.Integer(
        "Contacts",
        compute="_compute_dunning_contact_count",
        groups="account_credit_management.group_viewer",
    )

    # === COMPUTE ===#
    @api.depends_context("allowed_company_ids")
    def _compute_dunning_contact_count(self):
        counts = dict(
            self.env["dunning.contact"]._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "in", self.env.companies.ids),
                ],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.dunning_contact_count = counts.get(partner.commercial_partner_id, 0)

    # === ACTIONS ===#
    def action_open_dunning_contacts(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_credit_management.action_dunning_contact"
        )
        return action | {
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }

    def action_log_dunning_contact(self):
        """Log a talk about everything that is overdue."""
        self.ensure_one()
        return self.env["dunning.log.contact"]._get_open_action(partner=self.commercial_partner_id)

    # === BUSINESS ===#
    def _get_dunning_assignee(self, company, preference="contact"):
        """The colleague who looks after this debtor.

        :param company: whose receivables it is about
        :param str preference: ``contact`` (the company's contact for debtors) or
            ``salesperson``; each stands in for the other, and an administrator for both
        """
        self.ensure_one()
        contact = company.sudo().dunning_user_id
        salesperson = self.sudo().user_id
        users = salesperson + contact if preference == "salesperson" else contact + salesperson
        active = users.filtered(lambda user: user.active and not user.share)
        return active[:1] or self.env.ref("base.user_admin")

    def _schedule_dunning_activity(
        self, company, activity_type, summary, note=False, user=None, deadline=None, **values
    ):
        """Make an activity on the debtor that a run or a talk asks for.

        Quietly: a run would otherwise send its collector an e-mail for each of its calls.

        :param activity_type: a ``mail.activity.type`` or its XML id
        :param note: HTML as Markup, or plain text
        :param user: empty for the company's contact for debtors
        :param deadline: empty for today
        """
        self.ensure_one()
        if isinstance(activity_type, str):
            activity_type = self.env.ref(activity_type)
        user = user or self._get_dunning_assignee(company)
        if note and not isinstance(note, Markup):
            note = plaintext2html(note)
        return (
            self.env["mail.activity"]
            .sudo()
            .with_context(mail_activity_quick_update=True)
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "res_id": self.id,
                    "activity_type_id": activity_type.id,
                    "automated": True,
                    "summary": summary,
                    "note": note,
                    "user_id": user.id,
                    "date_deadline": deadline or company._get_dunning_today(),
                    "dunning_company_id": company.id,
                    **values,
                }
            )
        )

    def _schedule_dunning_task(self, company, task, summary, note=False):
        """Make a job for the contact for debtors, unless the debtor has it already.

        :param str task: technical name of the job
        """
        self.ensure_one()
        existing = (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("dunning_company_id", "=", company.id),
                    ("dunning_task", "=", task),
                ],
                limit=1,
            )
        )
        return existing or self._schedule_dunning_activity(
            company, "mail.mail_activity_data_todo", summary, note, dunning_task=task
        )
