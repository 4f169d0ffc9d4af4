from lxml import html

from odoo.tools import mute_logger

from .notice_common import NoticeCommon


class NoticeTextCommon(NoticeCommon):
    """Reading what debtors get: e-mails, letters, and the pages of their PDF."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("nl_NL")
        cls.env["ir.module.module"]._load_module_terms(["account_credit_management"], ["nl_NL"])

    def _text(self, markup):
        """The words of an HTML text, with ordinary spaces."""
        words = html.fromstring(f"<div>{markup}</div>").text_content()
        return " ".join(words.replace("\N{NO-BREAK SPACE}", " ").split())

    def _mail(self, notice):
        return self._text(notice._render_message()["body"])

    def _letter(self, notice):
        return self._text(notice._render_letter_body())

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def _pdf_pages(self, notice, lang=None):
        """Text of the pages of the letter. It is printed without a server for its styles.

        :param str lang: to read it in, instead of that of its reader
        """
        self.env["ir.config_parameter"].set_param("report.url", "http://127.0.0.1:9")
        content, kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True, dunning_text_language=lang)
            ._render_qweb_pdf("account_credit_management.action_report_dunning_notice", notice.ids)
        )
        self.assertEqual(kind, "pdf")
        return self._get_pages(content)
