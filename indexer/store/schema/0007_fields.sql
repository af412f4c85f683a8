-- Fields that are set on objects are definitions now, and C knows more of its uses: blobs are read again.
DELETE FROM blob;
DELETE FROM definition;
DELETE FROM reference;
DELETE FROM segment;
DELETE FROM posting;
DELETE FROM facts;
DELETE FROM part;
DELETE FROM view;
