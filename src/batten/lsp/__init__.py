"""The language server: findings while code is written, the same as ``batten check`` would tell once it is saved."""
