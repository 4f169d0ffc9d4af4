from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .groups import COLLECTOR


class ResCompany(models.Model):
    """What counts as credit of a company's debtors, and who may grant it."""

    _inherit = "res.company"

    # === FIELDS ===#
    credit_count_drafts = fields.Boolean(
        "Draft Invoices Count", default=True, help="As exposure, besides posted invoices."
    )
    credit_count_quotations = fields.Boolean(
        "Sent Quotations Count", help="As exposure, besides confirmed orders."
    )
    credit_orders_within_days = fields.Integer(
        "Orders Within",
        help="Confirmed orders that are to be delivered later than so many days from now do not "
        "count yet. Zero: all of them count.",
    )
    credit_cover_mode = fields.Selection(
        [
            ("on_top", "Comes on top of the limit"),
            ("within", "The limit holds as far as it is covered"),
        ],
        "Cover",
        required=True,
        default="on_top",
        help="On top: the limit is what the company risks itself. Within: the limit includes what "
        "others bear, and shrinks with it; debtors who never had a cover keep theirs.",
    )
    credit_max_collector = fields.Monetary(
        "Collectors Grant Up To",
        currency_field="currency_id",
        help="Limits above this are approved by a credit manager.",
    )
    credit_max_manager = fields.Monetary(
        "Managers Grant Alone Up To",
        currency_field="currency_id",
        default=10000,
        help="Limits above this need the approval of a second credit manager.",
    )
    credit_assessment_days = fields.Integer(
        "Credit Checks Hold", default=365, help="Days that a new credit check is valid."
    )
    credit_hold_invoices = fields.Boolean(
        "Hold Invoices Too",
        help="The hold rules are asked when an invoice without an order is posted as well. Off: "
        "such an invoice is mostly for what was delivered already.",
    )
    credit_user_id = fields.Many2one(
        "res.users",
        "Credit Manager",
        help="Gets the requests to release, the reviews and the deadlines. Empty: the contact for "
        "debtors.",
    )

    # === CONSTRAINTS ===#
    @api.constrains(
        "credit_assessment_days",
        "credit_max_collector",
        "credit_max_manager",
        "credit_orders_within_days",
    )
    def _check_credit_settings(self):
        for company in self:
            if company.credit_orders_within_days < 0:
                raise ValidationError(
                    self.env._(
                        "The days within which orders count cannot be negative; zero means that "
                        "all orders count."
                    )
                )
            if company.credit_assessment_days < 0:
                raise ValidationError(
                    self.env._("The days that a credit check is valid cannot be negative.")
                )
            if company.credit_max_collector < 0 or company.credit_max_manager < 0:
                raise ValidationError(
                    self.env._("The limits that someone may grant cannot be negative.")
                )
            if (
                company.currency_id.compare_amounts(
                    company.credit_max_manager, company.credit_max_collector
                )
                < 0
            ):
                raise ValidationError(
                    self.env._(
                        "Managers cannot grant less than collectors: raise what managers grant "
                        "alone, or lower what collectors grant."
                    )
                )

    # === BUSINESS ===#
    def _get_credit_user(self):
        """Who is asked about credit: the credit manager, else the contact for debtors, else an
        administrator. Somebody who left, or who may not see covers and limits, is passed over."""
        self.ensure_one()
        company = self.sudo()
        users = company.credit_user_id | company.dunning_user_id
        for user in users:
            if user.active and company in user.company_ids and user.has_group(COLLECTOR):
                return user
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        return admin if admin and admin.active else self.env.ref("base.user_root")
