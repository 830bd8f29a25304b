"""Known MCP clients, played in process."""
