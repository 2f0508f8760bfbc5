"""Which remedy a name on a rule page means; imports one only when it is wanted."""

from importlib import import_module
from typing import cast

from batten.remedies.app import Remedy

_HOMES = {
    "ignore-env-files": "ignoring:ignore_env_files",
    "argument-list": "commands:argument_list",
    "safe-loader": "loaders:safe_loader",
    "debug-off": "debugging:debug_off",
    "key-from-environment": "keys:key_from_environment",
    "fail-closed": "keys:fail_closed",
    "named-origins": "arguments:named_origins",
    "output-cap": "arguments:output_cap",
    "secure-cookie": "arguments:secure_cookie",
    "literal-only": "arguments:literal_only",
    "public-key": "clients:public_key",
    "private-name": "clients:private_name",
    "patched-version": "versions:patched_version",
    "parameters": "queries:parameters",
    "loopback-ports": "loopback:loopback_ports",
    "loopback-host": "loopback_hosts:loopback_host",
    "behind-the-server": "server_actions:behind_the_server",
    "checked-by-gateway": "gateway_checks:checked_by_gateway",
    "require-guard": "guards:require_guard",
    "restore-policies": "enable_rls:restore_policies",
    "enable-rls": "enable_rls:enable_rls",
    "drop-policy": "policies:drop_policy",
    "owner-policies": "policies:owner_policies",
    "protect-columns": "policies:protect_columns",
    "own-folder": "policies:own_folder",
    "check-owner": "policies:check_owner",
    "set-security-invoker": "objects:set_security_invoker",
    "revoke-select": "objects:revoke_select",
    "revoke-all": "objects:revoke_all",
    "pin-search-path": "objects:pin_search_path",
    "revoke-execute": "objects:revoke_execute",
    "private-bucket": "objects:private_bucket",
    "undo-role-change": "objects:undo_role_change",
    "invoke-views": "objects:invoke_views",
    "pin-search-paths": "objects:pin_search_paths",
    "move-extension": "objects:move_extension",
    "stop-streaming": "objects:stop_streaming",
    "stricter-sign-in": "supabase_settings:stricter_sign_in",
    "unlist-schemas": "supabase_settings:unlist_schemas",
    "secret-from-environment": "supabase_settings:secret_from_environment",
    "revoke-writes": "grants:revoke_writes",
    "revoke-from-all": "grants:revoke_from_all",
    "revoke-table-grant-columns": "grants:revoke_table_grant_columns",
    "ask-once": "conditions:ask_once",
    "app-metadata": "conditions:app_metadata",
    "servers-write": "conditions:servers_write",
    "revoke-from-strangers": "objects:revoke_from_strangers",
    "bind-parameter-to-caller": "routines:bind_parameter_to_caller",
    "quote-in-format": "routines:quote_in_format",
    "joined-policies": "joined:joined_policies",
    "modern-hash": "digests:modern_hash",
    "no-source-maps": "builds:no_source_maps",
    "ask-again": "permissions:ask_again",
    "quoted-filter": "filters:quoted_filter",
    "enable-rls-everywhere": "objects:enable_rls_everywhere",
    "close-rules": "access_rules:close_rules",
    "master-key": "gateways:master_key",
    "pinned-tools": "tool_servers:pinned_tools",
    "server-only": "modules:server_only",
    "stop-there": "refusals:stop_there",
    "no-tags-of-others": "markup:no_tags_of_others",
    "verified-token": "tokens:verified_token",
    "rate-limit": "limits:rate_limit",
    "own-client": "own_clients:own_client",
    "same-secret": "same_secrets:same_secret",
    "verified-webhook": "webhooks:verified_webhook",
    "verify-certificates": "switches:verify_certificates",
}
NAMES = frozenset(_HOMES)


def remedy(name: str) -> Remedy | None:
    """The remedy of a name, None where there is none yet."""
    home = _HOMES.get(name)
    if home is None:
        return None
    module, _, function = home.partition(":")
    return cast("Remedy", getattr(import_module(f"batten.remedies.{module}"), function))
