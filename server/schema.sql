-- What the server keeps.  Everything that a batch adds is at the end of a
-- table: an index over random keys would cost several times the rest.
-- Integers are 64 bits signed here, which is why `tag` may be negative.

CREATE TABLE head (
	only INTEGER PRIMARY KEY CHECK (only = 1),
	size INTEGER NOT NULL,
	root BLOB NOT NULL,
	content_bytes INTEGER NOT NULL
);

CREATE TABLE entry (
	idx INTEGER PRIMARY KEY,
	type INTEGER NOT NULL,
	device INTEGER NOT NULL,
	number INTEGER NOT NULL,
	tag INTEGER NOT NULL
);

-- What a device reads back: its own entries, in their order.
CREATE INDEX own ON entry (device) WHERE device > 0;

CREATE TABLE envelope (
	idx INTEGER PRIMARY KEY,
	bytes BLOB NOT NULL
);

CREATE TABLE content (
	idx INTEGER PRIMARY KEY,
	file BLOB NOT NULL
);

CREATE TABLE device (
	id INTEGER PRIMARY KEY,
	key BLOB NOT NULL UNIQUE
);

CREATE TABLE tile (
	name INTEGER PRIMARY KEY,
	hashes BLOB NOT NULL
);

CREATE TABLE target (
	device INTEGER,
	idx INTEGER,
	PRIMARY KEY (device, idx)
) WITHOUT ROWID;

CREATE TABLE shelf (
	age INTEGER PRIMARY KEY,
	kind INTEGER NOT NULL,
	hash BLOB NOT NULL,
	owner BLOB NOT NULL,
	rank INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	file BLOB NOT NULL,
	UNIQUE (kind, hash, owner)
);

INSERT INTO head VALUES (1, 0, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 0);

PRAGMA user_version=2;
