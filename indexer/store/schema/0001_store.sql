CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- What is content-addressed: blobs, and what they define, use and say.
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE blob (
    id INTEGER PRIMARY KEY,
    oid BLOB NOT NULL,
    hint TEXT NOT NULL,            -- the language that the path promises, since equal bytes may have two meanings
    language TEXT NOT NULL,
    size INTEGER NOT NULL,
    status TEXT NOT NULL,          -- 'text', 'binary', or why it could not be parsed
    generated INTEGER NOT NULL,
    broken INTEGER NOT NULL,
    line_hashes BLOB NOT NULL,     -- uint64 each
    first_unit INTEGER NOT NULL,
    unit_definitions BLOB NOT NULL,-- int32 each, -1 for the lines outside of all definitions
    unit_lengths BLOB NOT NULL,    -- uint16 each, in terms
    defined_names BLOB NOT NULL,   -- uint32 each, name.id
    used_names BLOB NOT NULL,      -- uint32 each, name.id, ascending
    imports TEXT NOT NULL,         -- JSON: [module, [names], line]
    UNIQUE (oid, hint)
);

CREATE TABLE definition (
    blob INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name INTEGER NOT NULL,
    qualname TEXT NOT NULL,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    signature TEXT NOT NULL,
    doc TEXT NOT NULL,
    parent INTEGER NOT NULL,
    PRIMARY KEY (blob, position)
) WITHOUT ROWID;
CREATE INDEX definition_by_name ON definition (name);

CREATE TABLE reference (
    name INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    blobs BLOB NOT NULL,           -- uint32 each
    counts BLOB NOT NULL,          -- uint32 each: how many lines of the blob use the name
    lines BLOB NOT NULL,           -- uint16 each, one blob's after the other
    PRIMARY KEY (name, segment)
) WITHOUT ROWID;

-- The inverted index over units of blobs, in segments that are written once.
CREATE TABLE segment (id INTEGER PRIMARY KEY, first_unit INTEGER NOT NULL);
CREATE TABLE posting (
    term TEXT NOT NULL,
    segment INTEGER NOT NULL,
    units BLOB NOT NULL,           -- ascending, from the segment's first; uint16 each, uint32 in large segments
    counts BLOB NOT NULL,          -- uint8 each
    PRIMARY KEY (term, segment)
) WITHOUT ROWID;

-- What all revisions share beside blobs: history, as packed columns.
CREATE TABLE shared (name TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;

-- Views: what was worked out for one work tree or one revision, as named parts.
CREATE TABLE view (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,     -- 'work:<root>' or 'revision:<commit>'
    snapshot TEXT NOT NULL,        -- the snapshot's key
    revision TEXT,
    dirty INTEGER NOT NULL,
    learned_at REAL NOT NULL,
    used_at REAL NOT NULL
);
CREATE TABLE part (
    view INTEGER NOT NULL REFERENCES view (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (view, name)
) WITHOUT ROWID;

-- The stat cache of work trees: which bytes were hashed when.
CREATE TABLE stat (
    root TEXT NOT NULL,
    path BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    oid TEXT NOT NULL,
    taken_ns INTEGER NOT NULL,
    PRIMARY KEY (root, path)
) WITHOUT ROWID;

-- What sleep cost.
CREATE TABLE cost (
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    seconds REAL NOT NULL,
    cpu_seconds REAL NOT NULL,
    items INTEGER NOT NULL
);
