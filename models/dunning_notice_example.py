from datetime import timedelta

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tools.image import image_data_uri

# What texts consist of, by model.
TEXT_FIELDS = {"mail.template": ("subject", "body_html"), "sms.template": ("body",)}
# More items than this tell nothing more about a text.
MAX_EXAMPLE_ITEMS = 5


class DunningNotice(models.Model):
    """Examples: a reminder that does not exist, to show a text or to try whether it works."""

    _inherit = "dunning.notice"

    # === BUSINESS: EXAMPLE ===#
    @api.model
    def _new_example(self, level, company, lang, debtor=None):
        """Return a reminder of ``level`` that is not stored: of what a debtor has open, or
        invented from beginning to end.

        :param str lang: the language to read it in, whatever that of the debtor
        """
        notices = self.sudo().with_company(company)
        notices = notices.with_context(lang=lang, dunning_text_language=lang)
        level = level.with_env(notices.env)
        items = notices._find_example_items(company, debtor)
        if items:
            debtor = items.partner_id.commercial_partner_id.with_env(notices.env)
            contact = items[0].move_id.partner_id
            rows = [notices._prepare_example_line(item, level) for item in items]
            currency = items.currency_id
        else:
            debtor = debtor or notices._new_example_debtor(level, company, lang)
            debtor = contact = debtor.with_env(notices.env)
            rows = notices._prepare_invented_lines(level, company)
            currency = company.currency_id
        notice = notices.new(
            {
                "name": "REM000001",
                "company_id": company.id,
                "partner_id": debtor,
                "contact_id": contact,
                "currency_id": currency.id,
                "level_id": level,
                "date": company._get_dunning_today(),
                "state": "proposed",
                "use_email": True,
                "amount_residual": sum(row["amount_residual"] for row in rows),
                "line_ids": [
                    Command.create(
                        {
                            "company_id": company.id,
                            "level_id": level,
                            "severity": level.severity,
                            "state": "proposed",
                            **row,
                        }
                    )
                    for row in rows
                ],
            }
        )
        notice.payment_link = f"{company.get_base_url()}/my/reminders"
        return notice

    @api.model
    def _find_example_items(self, company, debtor):
        """Open items of a debtor in one currency, the oldest due date first."""
        items = self.env["account.move.line"]
        if not debtor:
            return items
        items = items.search(
            [
                ("partner_id", "child_of", debtor.ids),
                ("company_id", "=", company.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
            ],
            order="date_maturity, id",
        )
        return items.filtered(lambda item: item.currency_id == items[0].currency_id)[
            :MAX_EXAMPLE_ITEMS
        ]

    @api.model
    def _prepare_example_line(self, item, _level):
        return {
            "move_line_id": item.id,
            "move_name": item.move_id.name,
            "invoice_date": item.move_id.invoice_date,
            "date_maturity": item.date_maturity,
            "amount_residual": item.amount_residual_currency,
        }

    @api.model
    def _prepare_invented_lines(self, level, company):
        """Two invoices that call for the level today."""
        today = company._get_dunning_today()
        due = today - timedelta(days=level.delay_days)
        return [
            {
                "move_name": f"INV/{invoice_date.year}/{number:05}",
                "invoice_date": invoice_date,
                "date_maturity": invoice_date + timedelta(days=30),
                "amount_residual": amount,
            }
            for number, amount, invoice_date in (
                (42, 1250.0, due - timedelta(days=30)),
                (51, 318.75, due - timedelta(days=28)),
            )
        ]

    @api.model
    def _new_example_debtor(self, _level, company, lang):
        return self.env["res.partner"].new(
            {
                "name": self.env._("Example Customer"),
                "is_company": True,
                "street": self.env._("1 Example Street"),
                "zip": "1234",
                "city": self.env._("Example City"),
                "country_id": company.country_id.id,
                "email": "customer@example.com",
                "lang": lang,
            }
        )

    def _render_example(self, channel):
        """Render an example for reading.

        :param str channel: ``email``, ``letter`` or ``sms``
        :return: subject (empty but for e-mails) and body
        :rtype: tuple
        """
        self.ensure_one()
        if channel == "sms":
            template = self.level_id._get_sms_template()
            if not template:
                raise ValidationError(
                    self.env._("Level “%s” has no text message yet.", self.level_id.name)
                )
            return "", self._with_text_language()._render_template_field(template, "body")
        if channel == "letter":
            notice = self._with_text_language(dunning_paper=True)
            return "", notice.env["ir.qweb"]._render(
                "account_credit_management.report_dunning_notice_document",
                {"o": notice, "report_type": "html", "image_data_uri": image_data_uri},
            )
        notice = self._with_text_language()
        template = notice._get_text_template()
        subject = notice._render_template_field(template, "subject")
        return " ".join(subject.split()), notice._render_mail_layout(
            template, notice._render_template_field(template, "body_html")
        )

    # === BUSINESS: TRIAL ===#
    @api.model
    def _check_template(self, template, names=None):
        """Try a text on an invented reminder, in every language that it has.

        :param template: mail.template or sms.template
        :param names: the fields that were changed, None for all
        :raise ValidationError: naming the field and the language, and what is wrong
        """
        fields_to_try = [
            name for name in TEXT_FIELDS[template._name] if names is None or name in names
        ]
        if self.env.context.get("install_mode") or not fields_to_try:
            return
        level = self.env["dunning.level"].new(
            {"name": "…", "delay_days": 7, "stage": "reminder", "payment_days": 7}
        )
        for lang, lang_name in self.env["res.lang"].get_installed():
            notice = self._new_example(level, self.env.company, lang)
            for name in fields_to_try:
                translations = template._fields[name]._get_stored_translations(template) or {}
                if lang != "en_US" and not translations.get(lang):
                    continue
                for paper in (False, True):
                    try:
                        with self.env.cr.savepoint(flush=False):
                            notice.with_context(dunning_paper=paper)._render_template_field(
                                template.sudo(), name
                            )
                    except Exception as error:
                        raise ValidationError(
                            self.env._(
                                "The text “%(template)s” does not work. In the field “%(field)s” "
                                "(%(language)s): %(error)s",
                                template=template.name,
                                field=template._fields[name]._description_string(self.env),
                                language=lang_name,
                                error=self._get_render_error(error),
                            )
                        ) from error

    @api.model
    def _get_render_error(self, error):
        """What is wrong, without the source of the text and the traceback around it."""
        while error.__cause__:
            error = error.__cause__
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
