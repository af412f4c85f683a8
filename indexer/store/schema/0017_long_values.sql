-- Long values have units of their own: blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
