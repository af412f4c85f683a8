-- Facts are laid out by column now, line hashes are compressed (zlib), and what many units or blobs say is parted into
-- rows of a few hundred bytes: blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM part;
DELETE FROM view;

DROP TABLE posting;
CREATE TABLE posting (
    term TEXT NOT NULL,
    segment INTEGER NOT NULL,
    part INTEGER NOT NULL,         -- of what the segment says of the term, from zero
    units BLOB NOT NULL,           -- ascending, from the segment's first; uint16 each, uint32 in large segments
    counts BLOB NOT NULL,          -- uint8 each
    PRIMARY KEY (term, segment, part)
) WITHOUT ROWID;

DROP TABLE reference;
CREATE TABLE reference (
    name INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    part INTEGER NOT NULL,         -- of what the segment says of the name, from zero
    blobs BLOB NOT NULL,           -- uint32 each
    counts BLOB NOT NULL,          -- uint32 each: how many lines of the blob use the name
    lines BLOB NOT NULL,           -- uint16 each, one blob's after the other
    PRIMARY KEY (name, segment, part)
) WITHOUT ROWID;

-- Postings and references of blobs that are committed, on their way into a segment.
CREATE TABLE pending (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
