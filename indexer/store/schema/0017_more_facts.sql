-- More is read from the same texts (what `use` gives other names in Elixir, what `var` holds in patterns of C#, `apply`
-- of Scala's objects), parts of types are told apart, long values have units of their own,
-- fewer commits count as fixes, and more is withheld as a secret: all is read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM segment;
DELETE FROM facts;
DELETE FROM posting;
DELETE FROM reference;
DELETE FROM pending;
DELETE FROM part;
DELETE FROM view;
DELETE FROM shared;
