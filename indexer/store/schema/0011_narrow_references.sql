-- Of references, blobs may take two bytes each and counts one, which earlier versions cannot read; and more facts are
-- read of the same texts: blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
