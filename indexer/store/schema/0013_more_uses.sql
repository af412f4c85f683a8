-- Positions of arrays, pointers to functions and variables of plain types of C, comments of JavaScript, and conditions in
-- one line say more, or other things, of the same texts: blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
