"""Tools, resources and a prompt for coding agents over the Model Context Protocol. Holds no ranking of its own."""
