-- What must outlive a rebuild of store.db. Times are in seconds since the epoch; `content` is JSON.

CREATE TABLE document (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;

-- Notes of models, and the terms of the queries that they expect.
CREATE TABLE note (
    key TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    author TEXT NOT NULL,
    at REAL NOT NULL,
    content TEXT NOT NULL,
    dropped TEXT                   -- why it is served no longer
);
CREATE INDEX note_by_subject ON note (subject);

CREATE TABLE query (
    id INTEGER PRIMARY KEY,
    note TEXT NOT NULL REFERENCES note (key) ON DELETE CASCADE,
    terms TEXT NOT NULL            -- in order, parted by spaces
);
CREATE INDEX query_by_note ON query (note);

CREATE TABLE query_term (
    term TEXT NOT NULL,
    query INTEGER NOT NULL REFERENCES query (id) ON DELETE CASCADE,
    PRIMARY KEY (term, query)
) WITHOUT ROWID;
CREATE INDEX query_term_by_query ON query_term (query);

-- What sleep cost and what serving gave back: single records, and sums of days and months.
CREATE TABLE ledger (id INTEGER PRIMARY KEY, at REAL NOT NULL, content TEXT NOT NULL);
CREATE TABLE ledger_sum (period TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;

-- Requests to models: what each may cost and did cost, what left the machine, and what came back.
CREATE TABLE request (
    id TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    repository TEXT NOT NULL,
    job TEXT NOT NULL,
    tokens REAL NOT NULL,
    dollars REAL,                  -- null: nobody knows the price
    at REAL NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX request_by_day ON request (day);

CREATE TABLE sent (id INTEGER PRIMARY KEY, at REAL NOT NULL, content TEXT NOT NULL);

CREATE TABLE reply (
    job TEXT NOT NULL,
    name TEXT NOT NULL,
    at REAL NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (job, name)
) WITHOUT ROWID;

-- Hints that the user dismissed, and those that an agent has seen in a session; JSON: [changed, path]. Of a session there
-- are also texts of the form kind:text (lsp_server/hooks/session_log.py).
CREATE TABLE dismissed (hint TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE shown (session TEXT NOT NULL, hint TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (session, hint))
    WITHOUT ROWID;
