"""What an editor sees of noctule: the language server's wire, documents and folders."""
