from . import (
    test_debtor_code,
    test_demo,
    test_dunning_concurrency,
    test_dunning_decision,
    test_dunning_delivery,
    test_dunning_run,
    test_dunning_scenario,
    test_reference,
)
