from . import (
    dunning_block,
    dunning_decision,
    dunning_level,
    dunning_policy,
    dunning_run,
    dunning_notice,
    dunning_notice_delivery,
    dunning_notice_line,
)
