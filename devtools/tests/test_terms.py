import io

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

from ..paths import MODULE, ROOT

ADVICE = "Bring the translations up to date with: ./dev i18n"


@tagged("post_install", "-at_install")
class TestTerms(TransactionCase):
    def test_template_has_the_terms_of_the_source(self):
        template = ROOT / "i18n" / f"{MODULE}.pot"
        self.assertTrue(template.is_file(), ADVICE)
        exported = io.BytesIO()
        trans_export(None, [MODULE], exported, "po", self.env)
        wanted = {entry.msgid for entry in polib.pofile(exported.getvalue().decode())}
        present = {entry.msgid for entry in polib.pofile(str(template))}
        self.assertEqual(present, wanted, ADVICE)
