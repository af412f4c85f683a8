-- More is read from the same texts (fields that hold functions in TypeScript, functions in tables of Lua, what extends a type
-- parameter in Kotlin and C#, what is left after a check): blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
