from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .dunning_decision import SENT_STATES

# More items than this go on an annex of the letter, so that the letter itself stays one page.
MAX_LETTER_ITEMS = 8
# A subject line names all documents up to this number, or the first two "and 5 more".
MAX_SUBJECT_DOCUMENTS = 3


class DunningNotice(models.Model):
    """Texts: what the debtor reads, in his own language.

    The fields are placeholders for the mail templates of the levels. One template serves e-mail
    and letter; with `dunning_paper` in the context its placeholders render for paper.
    """

    _inherit = "dunning.notice"

    # === FIELDS ===#
    user_id = fields.Many2one(
        "res.users",
        "Contact Person",
        compute="_compute_user_id",
        compute_sudo=True,
        help="Whom the debtor can call: the contact of the company's settings, else the "
        "salesperson of the debtor.",
    )
    pay_before = fields.Date(
        compute="_compute_pay_before",
        help="Last day to pay that the text gives; before due it is the first due date. Empty "
        "when the text gives a term from receipt.",
    )
    previous_sent_date = fields.Date(
        "Previous Reminder",
        compute="_compute_previous_sent_date",
        compute_sudo=True,
        help="Last time one of the items was really reminded before. Empty: never.",
    )
    partner_bank_id = fields.Many2one(
        "res.partner.bank",
        "Bank Account to Pay to",
        compute="_compute_partner_bank_id",
        compute_sudo=True,
    )
    payment_reference = fields.Char(compute="_compute_payment_reference", compute_sudo=True)
    payment_link = fields.Char(compute="_compute_payment_link", compute_sudo=True)
    document_summary = fields.Char(
        compute="_compute_document_summary",
        compute_sudo=True,
        help="The documents in a few words, for subject lines: “Invoice INV/2026/00012”.",
    )
    items_table = fields.Html(
        compute="_compute_items_table",
        compute_sudo=True,
        sanitize=False,
        help="The items with their dates and amounts, for use in a text.",
    )
    payment_block = fields.Html(
        compute="_compute_payment_block",
        compute_sudo=True,
        sanitize=False,
        help="Bank account, reference, amount and payment link, for use in a text.",
    )

    # === COMPUTE ===#
    @api.depends("company_id", "partner_id")
    def _compute_user_id(self):
        for notice in self:
            company = notice.company_id
            users = (company.dunning_user_id, notice.partner_id.user_id)
            user = next((user for user in users if user.active), company.dunning_user_id.browse())
            notice.user_id = user

    @api.depends("sent_date", "level_id", "line_ids.state")
    def _compute_pay_before(self):
        for notice in self:
            if notice.stage == "courtesy":
                notice.pay_before = min(
                    notice._get_valid_lines().mapped("date_maturity"), default=False
                )
            elif not notice.level_id.print_pay_before:
                notice.pay_before = False
            else:
                term = timedelta(days=notice.level_id.payment_days)
                notice.pay_before = notice._get_text_date() + term

    @api.depends("line_ids.state")
    def _compute_previous_sent_date(self):
        items = {notice: notice._get_valid_lines().move_line_id for notice in self}
        earlier = self.env["dunning.notice.line"].search_fetch(
            [
                ("move_line_id", "in", self.env["account.move.line"].union(*items.values()).ids),
                ("state", "in", SENT_STATES),
                ("level_id.stage", "!=", "courtesy"),
                ("sent_date", "!=", False),
            ],
            ["move_line_id", "notice_id", "sent_date"],
        )
        by_item = earlier.grouped("move_line_id")
        for notice in self:
            day = notice.sent_date or fields.Date.context_today(notice)
            notice.previous_sent_date = max(
                (
                    line.sent_date
                    for item in items[notice]
                    for line in by_item.get(item, ())
                    if line.notice_id != notice._origin and line.sent_date <= day
                ),
                default=False,
            )

    @api.depends("line_ids.state", "company_id")
    def _compute_partner_bank_id(self):
        for notice in self:
            moves = notice._get_valid_lines().move_id
            notice.partner_bank_id = notice._choose_bank(moves)

    @api.depends("line_ids.state", "name", "debtor_code")
    def _compute_payment_reference(self):
        for notice in self:
            moves = notice._get_valid_lines().move_id
            if len(moves) == 1:
                notice.payment_reference = moves.payment_reference or moves.name
            else:
                notice.payment_reference = notice._get_own_reference()

    @api.depends("access_token")
    def _compute_payment_link(self):
        for notice in self:
            notice.payment_link = notice._get_page_link()

    @api.depends("line_ids.state")
    @api.depends_context("lang")
    def _compute_document_summary(self):
        for notice in self:
            numbers = list(
                dict.fromkeys(line._get_document_number() for line in notice._get_valid_lines())
            )
            if len(numbers) == 1:
                notice.document_summary = self.env._("Invoice %s", numbers[0])
            elif len(numbers) <= MAX_SUBJECT_DOCUMENTS:
                notice.document_summary = self.env._("Invoices %s", ", ".join(numbers))
            else:
                notice.document_summary = self.env._(
                    "Invoices %(numbers)s and %(count)s more",
                    numbers=", ".join(numbers[:2]),
                    count=len(numbers) - 2,
                )

    @api.depends("line_ids.state", "line_ids.amount_residual", "amount_total")
    @api.depends_context("lang", "dunning_paper", "dunning_copy_for")
    def _compute_items_table(self):
        view = "dunning_items_paper" if self.env.context.get("dunning_paper") else "dunning_items"
        for notice in self:
            rows = notice._get_item_rows()
            notice.items_table = notice._render_text_view(
                view, rows=rows, in_annex=len(rows) > notice._get_max_letter_items()
            )

    @api.depends("partner_bank_id", "payment_reference", "payment_link", "amount_total")
    @api.depends_context("lang", "dunning_paper")
    def _compute_payment_block(self):
        paper = self.env.context.get("dunning_paper")
        view = "dunning_payment_paper" if paper else "dunning_payment"
        for notice in self:
            notice.payment_block = notice._render_text_view(
                view, qr_code=paper and notice._get_payment_qr_code()
            )

    # === BUSINESS: RENDERING ===#
    def _render_message(self):
        """Render the e-mail of this notice in the language of its contact.

        :rtype: dict
        :raise UserError: when the level has no text or it cannot be rendered
        """
        self.ensure_one()
        return self._render_messages()[self.id]

    def _render_messages(self):
        """Render e-mails in the language of their contacts, those with the same text together.

        :return: what :meth:`_render_mail_template` returns, by id
        :rtype: dict
        :raise UserError: when a level has no text or one of them cannot be rendered
        """
        groups = defaultdict(list)
        for notice in self:
            localized = notice._with_text_language()
            localized._report_missing_language()
            groups[localized.env, localized._get_text_template()].append(notice.id)
        texts = {}
        for (env, template), ids in groups.items():
            texts |= self.browse(ids).with_env(env)._render_mail_templates(template)
        return texts

    def _render_letter_body(self):
        """Render the text of the level for paper: with a QR code where an e-mail has a button."""
        notice = self._with_text_language(dunning_paper=True)
        notice._report_missing_language()
        return notice._render_template_field(notice._get_text_template(), "body_html")

    def _render_text_view(self, view, **values):
        """Render a part of the texts, in the language of the context."""
        self.ensure_one()
        return self.env["ir.qweb"]._render(
            f"account_credit_management.{view}",
            {
                "notice": self,
                "company": self.company_id,
                "color": self._get_text_color(),
                "accent_color": self._get_accent_color(),
                "has_charges": self._has_charge_rows(),
                "format_date": self._format_text_date,
                **values,
            },
            minimal_qcontext=True,
        )

    # === BUSINESS: CONTENTS ===#
    def _get_text_template(self):
        """Return the text of the level, or that of a correction when it was withdrawn.

        :raise UserError: when there is none, so that the delivery reports it on the notice
        """
        self.ensure_one()
        template = self._find_text_template()
        if not template and self.state == "corrected":
            raise UserError(self.env._("The mail template of corrections was deleted."))
        if not template:
            raise UserError(
                self.env._("Level “%s” has no text: choose a mail template.", self.level_id.name)
            )
        return template

    def _find_text_template(self):
        if self.state == "corrected":
            correction = "account_credit_management.mail_template_correction"
            return self.env.ref(correction, False) or self.env["mail.template"]
        return self._get_direct_debit_template() or self.level_id._get_mail_template()

    def _get_text_language(self):
        """The language of the contact, or English when there is no text in that language."""
        self.ensure_one()
        lang = self._get_reader_language()
        if lang.startswith("en"):
            return lang
        template = self._find_text_template()
        if not template:
            return lang
        translations = template._fields["body_html"]._get_stored_translations(template) or {}
        return lang if translations.get(lang) else "en_US"

    def _report_missing_language(self):
        """Tell an administrator, once per run, that debtors got English for want of a text.

        To be called on the notice in the language of its text.
        """
        self.ensure_one()
        lang = self._get_reader_language()
        is_sent = self.state == "sending" and not self.env.context.get("dunning_test_mode")
        if not is_sent or not self.run_id or lang == self.env.lang:
            return
        name = self.env["res.lang"]._lang_get(lang).name
        summary = self.env._("Reminders lack a text in %s", name)
        if summary in self.run_id.activity_ids.mapped("summary"):
            return
        self.run_id.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=summary,
            note=self.env._("“%s” was sent in English. Translate its text.", self.level_id.name),
            user_id=self.partner_id._get_dunning_assignee(self.company_id).id,
        )

    def _get_text_date(self):
        """The day the text bears: when it was sent, or today; for a correction it is today."""
        self.ensure_one()
        sent_date = self.state != "corrected" and self.sent_date
        return sent_date or fields.Date.context_today(self)

    def _get_accent_color(self):
        """The color of the level for the amounts that matter, else that of the house style."""
        return self.level_id.accent_color or self._get_text_color()

    def _get_max_letter_items(self):
        """How many items leave the letter one page; more go on an annex."""
        return MAX_LETTER_ITEMS

    def _get_item_rows(self):
        """Return what the texts say about each item, oldest due date first.

        Amounts are those of the notice, in its currency: what was open and undisputed when it
        was written. ``part_of`` is the original amount of an item of which a part is asked.

        :rtype: list[dict]
        """
        self.ensure_one()
        day = self._get_text_date()
        return [
            {
                "line": line,
                "number": line._get_document_number(),
                "reference": line._get_customer_reference(),
                "products": self.statutory_law == "be" and line._get_products(),
                "date": line.invoice_date,
                "due": line.date_maturity,
                "days_late": max((day - line.date_maturity).days, 0),
                "part_of": line._get_original_amount(),
                "amount": line.amount_residual,
            }
            for line in self._get_valid_lines().sorted(lambda line: (line.date_maturity, line.id))
        ]
