-- Blobs of languages whose uses are resolved now were read without facts: they are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM reference;
DELETE FROM segment;
DELETE FROM posting;
DELETE FROM facts;
DELETE FROM part;
DELETE FROM view;
