import io
from unittest.mock import patch

from markupsafe import Markup

from odoo import fields
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileWriter

from ..models.letter_sheets import (
    MixedPagesError,
    _get_dot_color,
    find_letters,
    get_house_style,
    join_letters,
    split_letters,
)
from .notice_common import NoticeCommon

MODELS = "odoo.addons.account_credit_management.models"
DAY = "2026-03-10"


@tagged("post_install", "-at_install")
class TestLetterSheets(BaseCase):
    """Pages are given out only when it is certain whose they are."""

    def _pages(self, *numbers):
        """What is drawn on each page: black, and the dots with these numbers."""
        return [{(0, 0, 0), *map(_get_dot_color, page)} for page in numbers]

    def _document(self, text, style="h1 { color: red; }"):
        return (
            "<!DOCTYPE html><html><head><title>Letter</title></head><body>"
            f'<div class="article acm_letter"><style>{style}</style>{text}</div></body></html>'
        )

    def test_letters_of_several_lengths_are_found(self):
        pages = self._pages([0, 1], [2], [], [3], [4, 5])
        self.assertEqual(find_letters(pages, 3), [(0, 1), (1, 4), (4, 5)])

    def test_any_doubt_refuses_all(self):
        doubtful = {
            "an end is missing": self._pages([0], [2, 3]),
            "a beginning is missing": self._pages([0, 1], [3]),
            "two letters share a page": self._pages([0], [1, 2], [3]),
            "in another order": self._pages([2, 3], [0, 1]),
            "a page before the first": self._pages([], [0, 1], [2, 3]),
            "a page between": self._pages([0, 1], [], [2, 3]),
            "a page after the last": self._pages([0, 1], [2, 3], []),
            "a beginning is there twice": self._pages([0, 1], [0, 2, 3]),
            "an end is there twice": self._pages([0, 1], [1, 2, 3]),
            "a letter too many": self._pages([0, 1], [2, 3], [4, 5]),
            "nothing": [],
        }
        for name, pages in doubtful.items():
            with self.subTest(name), self.assertRaises(MixedPagesError):
                find_letters(pages, 2)

    def test_every_dot_has_a_color_of_its_own_that_nobody_sees(self):
        colors = [_get_dot_color(number) for number in range(40)]
        self.assertEqual(len(set(colors)), 40)
        self.assertNotIn((255, 255, 255), colors)
        self.assertGreaterEqual(min(part for color in colors for part in color), 248)

    def test_something_else_than_letters_is_refused(self):
        writer = PdfFileWriter()
        writer.add_blank_page(width=100, height=100)
        with io.BytesIO() as stream:
            writer.write(stream)
            blank = stream.getvalue()
        for content in (blank, b"no PDF at all", b""):
            with self.assertRaises(MixedPagesError):
                split_letters(content, 1)

    def test_only_one_house_style_is_printed_together(self):
        style = get_house_style(self._document("<p>One</p>"))
        self.assertTrue(style)
        self.assertEqual(get_house_style(self._document("<p>Two</p>")), style)
        self.assertNotEqual(
            get_house_style(self._document("<p>Two</p>", "h1 { color: blue; }")), style
        )

    def test_what_could_reach_other_letters_is_printed_alone(self):
        for text in (
            '<p style="position: fixed; top: 0">Everywhere</p>',
            '<p style="color: red; POSITION : absolute">Somewhere</p>',
            '<p style="margin-top: -40mm">Above</p>',
            '<p style="margin: 0 0 -3cm 0">Below</p>',
            '<p style="transform: translate(0, 300mm)">Moved</p>',
            "<p>Text</p><style>p { color: red; }</style>",
            "<script>document.body.innerHTML = ''</script>",
        ):
            with self.subTest(text):
                self.assertIsNone(get_house_style(self._document(text)))
        self.assertTrue(get_house_style(self._document('<p style="margin: 2mm 0">Kept</p>')))

    def test_open_tags_of_one_letter_do_not_swallow_the_next(self):
        joined = join_letters([self._document("<p><b>One"), self._document("<i>Two")])
        self.assertLess(joined.index("</b>"), joined.index("<i>Two"))
        self.assertEqual(joined.count("<style"), 1)
        self.assertEqual(joined.count("page-break-before"), 1)


@tagged("post_install", "-at_install")
class TestLetterPrint(NoticeCommon):
    """Letters that are printed together are the letters that are printed alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Without a server for their styles.
        cls.env["ir.config_parameter"].set_param("report.url", "http://127.0.0.1:9")
        cls.names = [f"Buyer {name}" for name in ("Alpha", "Bravo", "Charlie", "Delta")]
        for number, name in enumerate(cls.names):
            debtor = cls._new_debtor(name, email=False)
            # The second gets a specification on a page of its own.
            for count in range(12 if number == 1 else 1):
                cls._new_invoice("2026-03-01", debtor, 100 + 10 * number + count)

    def _notices(self):
        notices = self._propose(DAY).sorted(lambda notice: notice.partner_id.name)
        self.assertEqual(notices.partner_id.mapped("name"), self.names)
        for notice in notices:
            notice._portal_ensure_token()
        return notices

    def _print(self, notices):
        """Text of the letters page by page, and how often the printer was started."""
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        run = type(reports)._run_wkhtmltopdf
        with (
            self._frozen(DAY),
            mute_logger("odoo.addons.base.models.ir_actions_report"),
            patch.object(type(reports), "_run_wkhtmltopdf", autospec=True, side_effect=run) as runs,
        ):
            letters = reports._render_letters(
                "account_credit_management.action_report_dunning_notice", notices.ids
            )
        self.assertEqual(list(letters), notices.ids)
        pages = {notice: self._get_pages(letters[notice.id]) for notice in notices}
        return pages, runs.call_count

    def _check(self, pages):
        """Each has his own letter, all of it, and nothing of anybody else."""
        for notice, texts in pages.items():
            text = " ".join(texts)
            for name in self.names:
                check = self.assertIn if name == notice.partner_id.name else self.assertNotIn
                check(name, text)
            for line in notice.line_ids:
                self.assertIn(line.move_name, text)
            for other in set(pages) - {notice}:
                self.assertNotIn(other.name, text)

    def test_together_they_are_what_they_are_alone(self):
        notices = self._notices()
        together, runs = self._print(notices)
        self.assertEqual(runs, 1)
        self._check(together)
        self.assertEqual([len(pages) for pages in together.values()], [1, 2, 1, 1])
        for notice in notices:
            alone, runs = self._print(notice)
            self.assertEqual((runs, alone[notice]), (1, together[notice]))

    def test_whose_pages_are_in_doubt_is_printed_again(self):
        notices = self._notices()
        with patch(f"{MODELS}.ir_actions_report.split_letters", side_effect=MixedPagesError):
            pages, runs = self._print(notices)
        self.assertEqual(runs, 7, "all, two halves, and each alone")
        self._check(pages)

    def test_letter_that_is_too_wide_shrinks_no_other(self):
        template = self.levels["reminder"].mail_template_id
        template.body_html += Markup(
            "<p t-if=\"object.partner_id.name == 'Buyer Charlie'\" "
            f'style="white-space: nowrap">{"wide" * 100}</p>'
        )
        notices = self._notices()
        pages, runs = self._print(notices)
        self._check(pages)
        self.assertEqual(runs, 5, "all, two halves, and those of the second half alone")
        for notice in notices:
            self.assertEqual(self._print(notice)[0][notice], pages[notice])

    def test_letter_with_parts_that_float_is_printed_alone(self):
        template = self.levels["reminder"].mail_template_id
        template.body_html += Markup(
            "<p t-if=\"object.partner_id.name == 'Buyer Delta'\" "
            'style="position: fixed; top: 0">Only for Delta</p>'
        )
        pages, runs = self._print(self._notices())
        self.assertEqual(runs, 2)
        self._check(pages)
        told = [notice.partner_id.name for notice in pages if "Only for" in " ".join(pages[notice])]
        self.assertEqual(told, ["Buyer Delta"])

    def test_each_language_is_printed_in_its_own_words(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        template = self.levels["reminder"].mail_template_id
        template.with_context(lang="nl_NL").body_html = "<p>Geachte lezer</p>"
        template.with_context(lang="en_US").body_html = "<p>Dear reader</p>"
        notices = self._notices()
        notices[1].partner_id.lang = notices[3].partner_id.lang = "nl_NL"
        pages, _runs = self._print(notices)
        self._check(pages)
        dutch = ["Geachte lezer" in " ".join(pages[notice]) for notice in notices]
        english = ["Dear reader" in " ".join(pages[notice]) for notice in notices]
        self.assertEqual((dutch, english), ([False, True, False, True], [True, False, True, False]))

    def test_letters_marked_in_a_list_become_one_document(self):
        notices = self._notices()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        with self._frozen(DAY), mute_logger("odoo.addons.base.models.ir_actions_report"):
            content, kind = report._render_qweb_pdf(
                "account_credit_management.action_report_dunning_notice", notices.ids
            )
        self.assertEqual(kind, "pdf")
        pages = self._get_pages(content)
        self.assertEqual(len(pages), 5)
        for name, page in zip(self.names, pages[:2] + pages[3:], strict=True):
            self.assertIn(name, page)

    def test_one_that_cannot_be_written_stops_no_other(self):
        template = self.levels["reminder"].mail_template_id
        template.body_html += Markup(
            '<t t-if="object.partner_id.name == \'Buyer Charlie\'" t-out="object.no_such_field"/>'
        )
        notices = self._notices()
        with (
            self._frozen(DAY),
            mute_logger(
                f"{MODELS}.dunning_notice_delivery",
                "odoo.addons.base.models.ir_actions_report",
                "odoo.addons.mail.models.mail_render_mixin",
            ),
        ):
            notices.with_context(force_report_rendering=True)._send(fields.Date.to_date(DAY))
        failed = notices.filtered(lambda notice: notice.state == "failed")
        self.assertEqual(failed.partner_id.name, "Buyer Charlie")
        self.assertTrue(failed.failure_reason)
        self.assertFalse(failed.letter_id)
        sent = notices - failed
        self.assertEqual(set(sent.mapped("state")), {"sent"})
        self._check({notice: self._get_pages(notice.letter_id.raw) for notice in sent})
        letters = self.env["ir.attachment"].search(
            [("res_model", "=", "dunning.notice"), ("res_id", "in", notices.ids)]
        )
        self.assertEqual(letters, sent.letter_id.sorted("id", reverse=True), "each letter once")
        self.assertEqual(
            self.env["dunning.delivery"].search_count(
                [("notice_id", "in", sent.ids), ("channel", "=", "letter"), ("state", "=", "sent")]
            ),
            3,
        )
