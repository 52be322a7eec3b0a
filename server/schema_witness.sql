-- What witnesses said.  Apart from schema.sql, because stores were made before
-- it: whoever opens one for writing adds what is missing.

CREATE TABLE IF NOT EXISTS cosignature (
	witness BLOB PRIMARY KEY,
	size INTEGER NOT NULL,
	line BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS witnessed (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	note BLOB NOT NULL
);
