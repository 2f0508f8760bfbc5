"""Which test attacks what a remedy mends: what strangers did works before the fix and is refused after it, and honest callers are served as before."""

from database_attacks import DATABASES

_ON_A_SERVER = "test_fix.py::test_what_strangers_did_is_refused_after_the_fix_and_all_else_is_as_before"
_IN_NODE = "test_input_fixes.py::test_what_attacks_is_refused_and_what_is_honest_is_answered_as_before"
_IN_A_BUNDLE = "test_attacks_typescript.py::test_what_browsers_get_holds_the_key_no_more"
ATTACKED = {
    **{remedy: _ON_A_SERVER for holed in DATABASES.values() for remedy in holed.attacks},
    **dict.fromkeys(("quoted-filter", "modern-hash", "output-cap", "no-tags-of-others", "verified-token", "verified-webhook"), _IN_NODE),
    **dict.fromkeys(("public-key", "behind-the-server"), _IN_A_BUNDLE),
    "require-guard": "test_attacks.py::test_an_express_app_turns_strangers_away_and_serves_its_members_as_before",
    "key-from-environment": "test_attacks.py::test_a_key_that_anyone_can_read_leaves_the_app_and_who_brings_one_is_answered_as_before",
    "argument-list": "test_config_fixes.py::test_what_a_caller_sends_is_one_argument_afterwards",
    "safe-loader": "test_config_fixes.py::test_a_document_makes_no_object_any_more",
    "debug-off": "test_config_fixes.py::test_nobody_gets_the_debugger_any_more",
    "ignore-env-files": "test_fix_command.py::test_git_takes_the_env_file_no_more",
    "fail-closed": "test_code_fixes.py::test_nothing_starts_without_the_secret_and_all_is_as_before_with_it",
    "named-origins": "test_code_fixes.py::test_pages_of_strangers_may_not_read_answers_any_more",
    "literal-only": "test_code_fixes.py::test_a_value_is_read_and_code_is_an_error",
    "parameters": "test_code_fixes.py::test_a_value_is_no_part_of_the_statement_any_more",
    "secure-cookie": "test_code_fixes.py::test_a_cookie_is_sent_over_encrypted_connections_alone",
    "verify-certificates": "test_code_fixes.py::test_who_shows_a_certificate_that_nobody_signed_is_not_talked_to",
    "loopback-host": "test_service_fixes.py::test_a_server_that_is_started_by_hand_listens_to_this_machine_alone",
    "stop-there": "test_service_fixes.py::test_who_is_refused_gets_no_further",
}
"""By remedy, one test."""
_OF_OTHERS = "what it sets is obeyed by a service of others, which does not run here"
NOT_ATTACKED = {
    **dict.fromkeys(
        ("stricter-sign-in", "unlist-schemas", "secret-from-environment", "close-rules", "master-key", "checked-by-gateway"), _OF_OTHERS
    ),
    **dict.fromkeys(("ask-again", "pinned-tools"), "an assistant of others would have to be led astray"),
    "own-client": "the filter in the code holds as before: it is about what a later one forgets",
    "rate-limit": "an outline changes nothing",
    "patched-version": "the hole is in the framework",
    "loopback-ports": "Docker binds the port",
    "no-source-maps": "the framework builds them",
    "server-only": "the framework refuses to build",
    "private-name": "no page read it",
    "joined-policies": "nothing changes: test_joined_policies_let_everyone_do_what_they_could_and_nothing_else",
    **dict.fromkeys(("ask-once", "same-secret"), "it is about time"),
    "move-extension": "nothing private is behind it",
    "invoke-views": "nothing private is behind it",
    "pin-search-paths": "they run with their caller's rights",
}
"""By remedy, why there is none."""
