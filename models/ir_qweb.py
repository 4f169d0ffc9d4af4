from lxml import etree

from odoo import models

# Key of the context under which :class:`CompiledTexts` is found.
COMPILED_TEXTS = "credit_compiled_texts"


class CompiledTexts:
    """Texts compiled for one batch of messages. Forgotten with the batch, so that a text that is
    changed meanwhile never meets an old one."""

    def __init__(self):
        self.by_source = {}


class IrQweb(models.AbstractModel):
    """Texts of mail templates, which Odoo compiles anew for each record, are compiled once for
    all messages of a batch: that takes longer than all else in rendering them."""

    _inherit = "ir.qweb"

    # === BUSINESS ===#
    def _generate_code_uncached(self, template):
        # EXTENDS: within a batch, texts that were compiled already
        texts = self.env.context.get(COMPILED_TEXTS)
        if texts is None or not isinstance(template, etree._Element):
            return super()._generate_code_uncached(template)
        settings = (*self._get_template_cache_keys(), "raise_on_forbidden_code_for_model")
        key = (etree.tostring(template), *(self.env.context.get(name) for name in settings))
        if key not in texts.by_source:
            texts.by_source[key] = super()._generate_code_uncached(template)
        return texts.by_source[key]
