from . import (
    base_partner_merge,
    dunning_debtor_status,
    dunning_log_contact,
    dunning_preview_text,
    dunning_release,
    dunning_release_line,
    dunning_remove_notice,
    dunning_setup,
    dunning_setup_preview,
    dunning_setup_summary,
    dunning_return_debit,
)
