import io
import logging
import re
from collections import defaultdict

from odoo import api, models
from odoo.tools import split_every

from .letter_sheets import (
    MAX_LETTERS,
    MixedPagesError,
    get_house_style,
    join_letters,
    split_letters,
)

_logger = logging.getLogger(__name__)

# Parts of a report that are printed on every page: a letter has none of its own.
HEADER_OR_FOOTER = re.compile(rb"""class=["']([^"']*\s)?(header|footer)[\s"']""")


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    # === BUSINESS ===#
    def _is_letter(self):
        """Whether this report prints our letters, which place everything themselves."""
        paper = self._get_letter_paper()
        return bool(paper) and self.paperformat_id == paper

    @api.model
    def _get_letter_paper(self):
        name = "account_credit_management.paperformat_dunning_notice"
        return self.env.ref(name, raise_if_not_found=False)

    def _build_wkhtmltopdf_args(self, paperformat_id, *args, **kwargs):
        # EXTENDS 'base': a reminder letter has no script to wait for, and there may be thousands.
        command = super()._build_wkhtmltopdf_args(paperformat_id, *args, **kwargs)
        paper = self._get_letter_paper()
        if paper and paperformat_id == paper and "--javascript-delay" in command:
            command[command.index("--javascript-delay") + 1] = "0"
        return command

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        # EXTENDS 'base': letters are printed many at a time, with any build of wkhtmltopdf
        report = self._get_report(report_ref)
        ids = list(dict.fromkeys(res_ids or []))
        if len(ids) < 2 or len(ids) != len(res_ids) or not report._is_letter():
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        if report.attachment:  # what was stored before is not printed again
            streams = {}
            for res_id in ids:
                streams |= super()._render_qweb_pdf_prepare_streams(report_ref, data, [res_id])
            return streams
        contents = {}
        for some in split_every(MAX_LETTERS, ids, list):
            contents |= self._print_letters(report, some, data)
        return {
            res_id: {"stream": io.BytesIO(contents[res_id]), "attachment": None} for res_id in ids
        }

    @api.model
    def _render_letters(self, report_ref, res_ids):
        """Render a letter of each record.

        :return: PDF by id
        :rtype: dict
        """
        if not res_ids:
            return {}
        streams, kind = self._pre_render_qweb_pdf(report_ref, res_ids)
        if kind == "pdf":
            return {res_id: streams[res_id]["stream"].getvalue() for res_id in res_ids}
        # While tests run Odoo prints nothing.
        return {res_id: self._render_qweb_pdf(report_ref, [res_id])[0] for res_id in res_ids}

    def _print_letters(self, report, res_ids, data):
        """Print letters, at most :data:`MAX_LETTERS`, those of one house style together.

        :return: PDF by id
        :rtype: dict
        """
        reports, report = (records.with_context(debug=False) for records in (self, report))
        values = {**(data or {}), "report_type": "pdf", "debug": False}
        html = reports._render_qweb_html(report, res_ids, data=values)[0]
        documents, html_ids, _header, _footer, arguments = report._prepare_html(
            html, report_model=report.model
        )
        contents = {}
        if html_ids != res_ids or HEADER_OR_FOOTER.search(html):
            # Someone changed the report: Odoo prints it as it can.
            for res_id in res_ids:
                streams = super()._render_qweb_pdf_prepare_streams(report, dict(values), [res_id])
                contents[res_id] = streams[res_id]["stream"].getvalue()
            return contents
        groups = defaultdict(list)
        for res_id, document in zip(res_ids, documents, strict=True):
            groups[get_house_style(document) or res_id].append((res_id, document))
        for group in groups.values():
            ids, letters = zip(*group, strict=True)
            printed = reports._print_documents(report, letters, arguments)
            contents |= dict(zip(ids, printed, strict=True))
        return contents

    def _print_documents(self, report, documents, arguments):
        """Print documents with a letter each in one process and split what comes out.

        When it is not certain which page belongs to which letter they are printed in halves.

        :rtype: list[bytes]
        """
        content = self._run_wkhtmltopdf(
            [join_letters(documents) if len(documents) > 1 else documents[0]],
            report_ref=report,
            landscape=self.env.context.get("landscape"),
            specific_paperformat_args=arguments,
            set_viewport_size=self.env.context.get("set_viewport_size"),
        )
        if len(documents) == 1:
            return [content]
        try:
            return split_letters(content, len(documents))
        except MixedPagesError as error:
            _logger.info("%s letters are printed in halves: %s", len(documents), error)
        middle = len(documents) // 2
        halves = (documents[:middle], documents[middle:])
        return [
            printed for half in halves for printed in self._print_documents(report, half, arguments)
        ]
