-- More uses are read from the same texts (what is expected in arrays, by the name of an event, or by a test's macro; what
-- Elixir's modules use): blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
