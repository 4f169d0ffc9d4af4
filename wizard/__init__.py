from . import (
    base_partner_merge,
    dunning_debtor_status,
    dunning_release,
    dunning_release_line,
    dunning_remove_notice,
)
