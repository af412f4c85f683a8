-- Functions that stand as values are defined by their own names, or as what a module exports by default: blobs are read
-- again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
