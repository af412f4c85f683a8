-- More is defined in the same texts (JavaScript's functions that stand as values, C behind torn conditions), and more uses
-- are read from them: blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
