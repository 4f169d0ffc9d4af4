import re

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.base.models.ir_actions_report import _wkhtml

# For companies without a color in their house style.
DEFAULT_COLOR = "#1f3a5f"
# Debian's build of wkhtmltopdf prints everything at 77 %; the letter makes up for it, as the
# address has to stay in the window of the envelope.
UNPATCHED_ZOOM = 1.3


class CreditDocument(models.AbstractModel):
    """What a debtor gets on paper or by e-mail: in his language, in the house style of the
    company, with somebody to call.

    A model that inherits it has ``partner_id`` (the debtor), ``contact_id``, ``company_id`` and
    ``user_id`` (whom the debtor can call).
    """

    _name = "credit.document"
    _description = "Document for a Debtor"

    # === FIELDS ===#
    contact_phone = fields.Char(compute="_compute_contact_details", compute_sudo=True)
    contact_email = fields.Char(compute="_compute_contact_details", compute_sudo=True)
    contact_details = fields.Char(
        compute="_compute_contact_details",
        compute_sudo=True,
        help="Name, phone and e-mail of whom the debtor can call.",
    )
    greeting_name = fields.Char(
        compute="_compute_greeting_name",
        compute_sudo=True,
        help="The person addressed; empty for companies and departments.",
    )

    # === COMPUTE ===#
    @api.depends("company_id", "user_id")
    def _compute_contact_details(self):
        for document in self:
            company, user = document.company_id, document.user_id
            document.contact_phone = user.phone or company.phone
            document.contact_email = user.email or company.email
            details = (user.name or company.name, document.contact_phone, document.contact_email)
            document.contact_details = ", ".join(filter(None, details))

    @api.depends("contact_id", "partner_id")
    def _compute_greeting_name(self):
        for document in self:
            reader = document._get_reader()
            is_person = not reader.is_company and reader.type == "contact"
            document.greeting_name = is_person and reader.name

    # === BUSINESS: LANGUAGE ===#
    def _get_reader(self):
        """Whoever reads the text: his language is used."""
        self.ensure_one()
        return self.contact_id or self.partner_id

    def _with_text_language(self, **context):
        """Return this document in the language in which its debtor reads, with all its fields."""
        self.ensure_one()
        document = self.sudo().with_company(self.company_id)
        return document.with_context(lang=document._get_text_language(), **context)

    def _get_text_language(self):
        """The language of the text, where texts may lack in that of the reader."""
        return self._get_reader_language()

    def _get_reader_language(self):
        """The language of the reader, as far as it is installed, else English."""
        self.ensure_one()
        lang = (
            self.env.context.get("dunning_text_language")
            or self._get_reader().lang
            or self.partner_id.lang
            or self.company_id.partner_id.lang
        )
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        return lang if lang in installed else "en_US"

    def _format_text_date(self, day, **options):
        return format_date(self.env, day, **options)

    # === BUSINESS: E-MAIL ===#
    def _render_template_field(self, template, name):
        """Render one field of a mail template for this record, in the language of the context."""
        self.ensure_one()
        return self._render_template_fields(template, name)[self.id]

    def _render_template_fields(self, template, name):
        """Render one field of a mail template for these records, in the language of the context.

        :return: text by id
        :rtype: dict
        """
        template = template.with_env(self.env)
        # Not `ids`, which leaves out examples: they are not stored.
        return template._render_field(name, list(self._ids), set_lang=self.env.lang)

    def _render_mail_template(self, template):
        """Render an e-mail, on a record in the language of its reader.

        :return: ``subject``; ``body`` for the chatter; ``body_html`` in the layout of an e-mail;
            ``email_from`` and ``reply_to``
        :rtype: dict
        """
        self.ensure_one()
        return self._render_mail_templates(template)[self.id]

    def _render_mail_templates(self, template):
        """Render e-mails that share a template, on records in the language of their readers.

        :return: what :meth:`_render_mail_template` returns, by id
        :rtype: dict
        """
        bodies, subjects, senders, replies = (
            self._render_template_fields(template, name)
            for name in ("body_html", "subject", "email_from", "reply_to")
        )
        defaults = self._get_reply_addresses()
        return {
            document.id: {
                "subject": " ".join(subjects[document.id].split()),
                "body": bodies[document.id],
                "body_html": document._render_mail_layout(template, bodies[document.id]),
                "email_from": senders[document.id]
                or document.company_id.email_formatted
                or document.user_id.email_formatted,
                "reply_to": replies[document.id] or defaults[document.id],
            }
            for document in self
        }

    def _get_reply_addresses(self):
        """Where replies go when the template does not say it: that of the company, or of Odoo.

        :return: address by id
        :rtype: dict
        """
        addresses = {document.id: document.company_id.dunning_reply_email for document in self}
        rest = self.filtered(lambda document: not addresses[document.id])
        for default, documents in rest.grouped(
            lambda document: document.contact_email or document.company_id.email
        ).items():
            by_partner = documents.partner_id._notify_get_reply_to(default=default)
            for document in documents:
                addresses[document.id] = by_partner[document.partner_id.id]
        return addresses

    def _render_mail_layout(self, template, body):
        """Put a rendered text into the layout of an e-mail, in the language of the context."""
        return (
            self.env["mail.render.mixin"]
            .with_env(self.env)
            ._render_encapsulate(
                template.email_layout_xmlid or "account_credit_management.dunning_mail_layout",
                body,
                add_context={
                    "company": self.company_id,
                    "color": self._get_text_color(),
                    "lang": self.env.lang,
                },
                context_record=self,
            )
        )

    def _create_message(self, values, recipient, **mail_values):
        """Create an e-mail, with a notification that tells in the chatter what became of it.

        :param dict values: what :meth:`_render_mail_template` returns
        """
        self.ensure_one()
        return self._create_messages([(self, values, recipient, mail_values)])

    @api.model
    def _create_messages(self, messages):
        """Create e-mails with their notifications, as :meth:`_create_message` does, at once.

        :param list[tuple] messages: document, what was rendered for it, recipient, more values
        :return: the e-mails in the same order
        """
        mails = self.env["mail.mail"].create(
            [
                document._prepare_mail_values(values, recipient) | mail_values
                for document, values, recipient, mail_values in messages
            ]
        )
        self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": mail.mail_message_id.id,
                    "mail_mail_id": mail.id,
                    "res_partner_id": recipient.id,
                    "author_id": mail.author_id.id,
                    "notification_type": "email",
                    "notification_status": "ready",
                    "is_read": True,
                }
                for mail, (_document, _values, recipient, _more) in zip(
                    mails, messages, strict=True
                )
            ]
        )
        return mails

    def _prepare_mail_values(self, values, recipient):
        self.ensure_one()
        record = self._get_mail_record()
        return {
            "model": record._name,
            "res_id": record.id,
            "subject": values["subject"],
            "body": values["body"],
            "body_html": values["body_html"],
            "email_from": values["email_from"],
            "reply_to": values["reply_to"],
            "author_id": self._get_author().id,
            "recipient_ids": [fields.Command.link(recipient.id)],
            "message_type": "email_outgoing",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            "record_alias_domain_id": self.company_id.alias_domain_id.id,
            "record_company_id": self.company_id.id,
            "is_notification": True,
            "auto_delete": False,
        }

    def _get_mail_record(self):
        """The record in the chatter of which messages are."""
        return self

    def _get_author(self):
        return self.user_id.partner_id or self.company_id.partner_id

    def _trigger_mail_queue(self):
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    # === BUSINESS: HOUSE STYLE ===#
    def _get_text_color(self):
        """The color of the house style for headings and buttons, safe within style sheets."""
        color = self.company_id.primary_color or ""
        return color if re.fullmatch(r"#[0-9A-Fa-f]{3,8}", color) else DEFAULT_COLOR

    def _get_accent_color(self):
        """The color of the amounts that matter."""
        return self._get_text_color()

    # === BUSINESS: LETTER ===#
    def _get_text_date(self):
        """The day the text bears."""
        return fields.Date.context_today(self)

    def _get_address_lines(self):
        """Return the lines of the address in a letter.

        The country is left out of a letter that stays in it, as the post wants it.
        """
        self.ensure_one()
        recipient = self._get_letter_recipient()
        company_country = self.company_id.country_id
        abroad = recipient.country_id and recipient.country_id != company_country
        country = recipient.country_id.name
        lines = recipient._display_address(without_company=True).split("\n")
        body = [line.strip() for line in lines if line.strip() and line.strip() != country]
        names = self._get_address_names(recipient)
        return [*names, *body, *([country.upper()] if abroad else [])]

    def _get_letter_recipient(self):
        return self._get_reader()

    def _get_address_names(self, recipient):
        """The names above the address: company and person."""
        debtor = self.partner_id
        names = [debtor.name, recipient != debtor and recipient.name]
        return [name for name in names if name]

    def _get_named_debtor(self):
        """The debtor when someone else reads the text, who must know whose invoices they are."""
        return self.partner_id.browse()

    def _get_letter_bank(self):
        """The bank account at the end of a letter."""
        return self.company_id.partner_id.bank_ids[:1]

    def _get_company_facts(self):
        """Return what must stand at the end of a letter: address, registration, bank account."""
        self.ensure_one()
        company = self.company_id
        vat_label = company.country_id.vat_label or self.env._("VAT")
        facts = [
            company.street,
            " ".join(filter(None, (company.zip, company.city))),
            company.phone,
            company.email,
            company.website,
            company.vat and f"{vat_label} {company.vat}",
            company.company_registry
            and self.env._("Registration no. %s", company.company_registry),
            self._get_letter_bank().acc_number,
        ]
        return [fact for fact in facts if fact]

    def _get_letter_css(self, report_type):
        """Return the rules of the letter that depend on the company and on wkhtmltopdf.

        Debian's build prints everything too small, and draws fonts that come from the server as
        shapes: a letter could not be searched, nor its bank account copied. It gets the fonts of
        the system instead of that of the house style.
        """
        company = self.company_id
        patched = report_type != "pdf" or _wkhtml().is_patched_qt
        fonts = "'Liberation Sans', Arial, Helvetica, sans-serif"
        if patched and company.font:
            fonts = f"'{company.font}', {fonts}"
        right = company.dunning_letter_window == "right"
        window = "width: 74mm; padding-left: 4mm" if right else "width: 108mm"
        color = self._get_text_color()
        return Markup(
            f"""
            body {{ zoom: {1 if patched else UNPATCHED_ZOOM}; }}
            .acm_letter {{ font-family: {fonts} !important; }}
            .acm_letter h1, .acm_letter h2, .acm_letter .acm_company {{ color: {color}; }}
            .acm_letter .acm_items th {{ border-bottom-color: {color}; }}
            .acm_letter .acm_accent {{ color: {self._get_accent_color()}; }}
            .acm_letter td.acm_window {{ {window}; }}
            """
        )
