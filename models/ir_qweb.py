from lxml import etree

from odoo import models

# Key of the context under which :class:`CompiledTexts` is found.
COMPILED_TEXTS = "credit_compiled_texts"


class CompiledTexts:
    """Texts compiled for one batch of messages. Forgotten with the batch, so that a text that is
    changed meanwhile never meets an old one."""

    def __init__(self):
        self.by_source = {}

    def get(self, key, make):
        """What was made for the key before, or is made now."""
        if key not in self.by_source:
            self.by_source[key] = make()
        return self.by_source[key]


class IrQweb(models.AbstractModel):
    """Texts of mail templates, which Odoo compiles anew for each record, are compiled once for
    all messages of a batch: that takes longer than all else in rendering them."""

    _inherit = "ir.qweb"

    # === BUSINESS ===#
    def _generate_code_uncached(self, template):
        # EXTENDS: within a batch, texts that were compiled already
        texts = self.env.context.get(COMPILED_TEXTS)
        compile_text = super()._generate_code_uncached
        if texts is None or not isinstance(template, etree._Element):
            return compile_text(template)
        settings = (*self._get_template_cache_keys(), "raise_on_forbidden_code_for_model")
        return texts.get(
            (etree.tostring(template), *(self.env.context.get(name) for name in settings)),
            lambda: compile_text(template),
        )
