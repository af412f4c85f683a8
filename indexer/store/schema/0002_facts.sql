-- What relations are resolved from, of each blob that a front end reads; of a setting, its text.
CREATE TABLE facts (
    blob INTEGER PRIMARY KEY,
    package TEXT NOT NULL,         -- what the text says it belongs to
    data BLOB NOT NULL             -- see indexer/parse/facts/model.py
);
CREATE INDEX facts_by_package ON facts (blob, package);

-- Blobs that were read before have none: they are read again. What is deleted is overwritten, since it may be secret.
PRAGMA secure_delete = ON;
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM reference;
DELETE FROM segment;
DELETE FROM posting;
DELETE FROM part;
DELETE FROM view;
