-- More is read from the same texts (texts that are types in Python, keys of what is passed where one of several types is
-- expected), and other uses are resolved (tests, platforms and parts of types): blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
