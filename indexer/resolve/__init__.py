"""Who uses what: names resolved by scope, import, receiver's type and hierarchy. Pure: no store, no git."""
