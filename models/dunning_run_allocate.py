from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from .dunning_decision import PENDING_STATES, SENT_STATES

# Debtors that are named in the activity; the list shows them all.
MAX_DEBTORS = 20


class DunningRun(models.Model):
    """Money that waits for an accountant: one activity per company, whatever waits for it."""

    _inherit = "dunning.run"

    # === ACTIONS ===#
    def action_propose(self):
        # EXTENDS: whoever works without the daily run is asked to allocate as well
        res = super().action_propose()
        for run in self:
            run._ask_to_allocate(run.company_id, run.date)
        return res

    # === BUSINESS ===#
    @api.model
    def _propose_automatically(self, company, day):
        # EXTENDS: ask for the money that holds or lowers reminders of this day
        run = super()._propose_automatically(company, day)
        run._ask_to_allocate(company, day)
        return run

    def _ask_to_allocate(self, company, day):
        """Keep one open activity per company on its newest run, as long as money holds reminders
        or is deducted from them, and remove it when that has been allocated.

        Whoever has it keeps it, with its deadline.
        """
        activity_type = self.env.ref(
            "account_credit_management.mail_activity_type_allocate", raise_if_not_found=False
        )
        if not activity_type:
            return  # an administrator does not want to be asked
        company = company.sudo()
        activities = self._get_allocate_activities(company, activity_type)
        debtors = self._get_debtors_to_allocate(company, day)
        if not debtors:
            activities.unlink()
            return
        activity = activities[:1]
        (activities - activity).unlink()
        run = (self or self._get_run_of(activity)).sudo()
        if activity:
            user = activity.user_id
            values = self._prepare_allocate_values(company, user, debtors)
            old_run = self._get_run_of(activity)
            activity.write({**values, "res_id": run.id})
            (old_run | run).invalidate_recordset(["activity_ids"])
        else:
            run = run or self._get_run_for_money(company, day)
            user = self._get_allocate_user(company)
            run.activity_schedule(
                "account_credit_management.mail_activity_type_allocate",
                date_deadline=day,
                user_id=user.id,
                **self._prepare_allocate_values(company, user, debtors),
            )

    def _get_allocate_activities(self, company, activity_type):
        runs = self.sudo().search([("company_id", "=", company.id)])
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("activity_type_id", "=", activity_type.id),
                    ("res_model", "=", self._name),
                    ("res_id", "in", runs.ids),
                ]
            )
        )

    def _get_run_of(self, activity):
        return self.browse(activity.res_id or [])

    def _get_run_for_money(self, company, day):
        """The newest run of a company; one without notices when there never was any."""
        newest = self.sudo().search([("company_id", "=", company.id)], limit=1)
        if newest:
            return newest
        run = self.sudo().with_company(company).create({"company_id": company.id, "date": day})
        run._propose()
        run._assign_name()
        return run

    @api.model
    def _get_debtors_to_allocate(self, company, day):
        """Debtors whose reminders wait for unallocated money, or were lowered by it.

        :return: amount of unallocated money by currency, by debtor, largest first
        :rtype: dict[res.partner, dict[res.currency, float]]
        """
        rows = self.env.execute_query(
            self.env["account.move.line"]._get_dunning_credit_sql(company, day)
        )
        partners = self.env["res.partner"].sudo().browse({row[1] for row in rows})
        wanted = self._get_held_debtors(company, day, partners)
        amounts = defaultdict(lambda: defaultdict(float))
        totals = defaultdict(float)
        for _line_id, partner_id, currency_id, in_currency, in_company_currency in rows:
            if partner_id in wanted:
                partner = partners.browse(partner_id)
                currency = self.env["res.currency"].browse(currency_id)
                amounts[partner][currency] -= in_currency
                totals[partner] -= in_company_currency
        return dict(sorted(amounts.items(), key=lambda item: (-totals[item[0]], item[0].id)))

    @api.model
    def _get_held_debtors(self, company, day, partners):
        """Ids of those debtors for whom unallocated money makes a difference to reminders."""
        if not partners:
            return set()
        decisions = self.env["dunning.decision"]
        decisions._prepare_connection()
        rows = self.env.execute_query(
            SQL(
                "%s SELECT DISTINCT partner_id FROM decision "
                "WHERE reason = 'unallocated' OR (reason = 'remind' AND deducted > 0)",
                decisions._get_decision_sql(company, day, partners),
            )
        )
        lowered = (
            self.env["dunning.notice"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "in", partners.ids),
                    ("state", "in", PENDING_STATES + SENT_STATES),
                    ("amount_unallocated", ">", 0),
                ]
            )
        )
        return {partner_id for (partner_id,) in rows} | set(lowered.partner_id.ids)

    @api.model
    def _get_allocate_user(self, company):
        """The contact for debtors, or an accountant rather than an administrator, who can open
        runs; an empty record without any such person."""
        users = (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("company_ids", "in", company.ids),
                    ("all_group_ids", "in", self.env.ref("account.group_account_invoice").ids),
                    (
                        "all_group_ids",
                        "in",
                        self.env.ref("account_credit_management.group_collector").ids,
                    ),
                ],
            )
        )
        contact = company.dunning_user_id
        if (
            contact.active
            and company in contact.company_ids
            and contact.has_group("account_credit_management.group_collector")
        ):
            return contact
        return users.sorted(
            lambda user: (
                not user.has_group("account.group_account_user"),
                user.has_group("account.group_account_manager"),
                user.id,
            )
        )[:1]

    @api.model
    def _prepare_allocate_values(self, company, user, debtors):
        env = self.with_context(lang=user.lang or self.env.lang).env
        rows = [
            (
                partner.with_env(env).display_name,
                partner.debtor_code,
                ", ".join(
                    currency.with_env(env).format(amount) for currency, amount in amounts.items()
                ),
            )
            for partner, amounts in list(debtors.items())[:MAX_DEBTORS]
        ]
        return {
            "summary": env._("Allocate payments of %s debtors", len(debtors))
            if len(debtors) > 1
            else env._("Allocate payments of %s", rows[0][0]),
            "note": env["ir.qweb"]._render(
                "account_credit_management.dunning_allocate_note",
                {
                    "rows": rows,
                    "more": max(len(debtors) - MAX_DEBTORS, 0),
                    "several_companies": len(env["res.company"].sudo().search([], limit=2)) > 1,
                    "company": company,
                },
                lang=env.lang,
            ),
        }
