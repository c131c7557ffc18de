"""English as people type it when they plan, read by rules: a message in, tool calls out. Pure; no ADK, no clock of its own."""
