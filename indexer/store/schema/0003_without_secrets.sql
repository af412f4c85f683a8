-- What was learned before may hold passwords and tokens word by word: it is learned anew, and its pages are overwritten.
PRAGMA secure_delete = ON;
DELETE FROM part;
DELETE FROM view;
DELETE FROM shared;
DELETE FROM posting;
DELETE FROM facts;
DELETE FROM segment;
DELETE FROM reference;
DELETE FROM definition;
DELETE FROM blob;
DELETE FROM name;
DELETE FROM meta
