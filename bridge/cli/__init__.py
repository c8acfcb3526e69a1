"""The commands: one module a group, loaded when one of its commands is used (contract section 4)."""
