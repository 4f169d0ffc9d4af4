from . import (
    test_debtor_code,
    test_dunning_decision,
    test_dunning_delivery,
    test_dunning_run,
    test_dunning_scenario,
)
