from . import (
    base_partner_merge,
    dunning_release,
    dunning_release_line,
    dunning_remove_notice,
)
