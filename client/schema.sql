-- What a vault holds.  FACTS are bytes received or made, verbatim, and are
-- only added to (a purge removes what the programme's policy says).  Everything
-- under DERIVED can be dropped and made again from the facts:
-- client/journal/rebuild.c.

PRAGMA application_id = 1463908716; -- "WAyl"
PRAGMA user_version = 2;

-- ---------------------------------------------------------------- FACTS

-- Small things; client/device.h lists the names.
CREATE TABLE setting (
	name TEXT PRIMARY KEY,
	value BLOB NOT NULL
) WITHOUT ROWID;

-- Every statement here, made or received, as first seen.
CREATE TABLE statement (
	row INTEGER PRIMARY KEY,
	type INTEGER NOT NULL,        -- enum wb_statement_type
	id BLOB NOT NULL,             -- statement id, 32 bytes
	envelope BLOB NOT NULL,
	log_index INTEGER,            -- NULL: not logged, as far as is known
	receipt BLOB,                 -- tlog-proof, verified; NULL: whole log here
	heard INTEGER NOT NULL        -- Unix seconds, this device's clock
);
CREATE UNIQUE INDEX statement_id ON statement (id);
CREATE UNIQUE INDEX statement_index ON statement (log_index)
	WHERE log_index IS NOT NULL;
CREATE INDEX statement_unlogged ON statement (row)
	WHERE log_index IS NULL;      -- what sync sends
CREATE INDEX statement_type ON statement (type, row);

-- The age file that a batch, tally or note names: a batch's on the device that
-- made it until it is opened, and with coordinators all for good.
CREATE TABLE content (
	statement INTEGER PRIMARY KEY REFERENCES statement (row),
	file BLOB NOT NULL
);

-- Sealing sessions, and the records sealed in them that wait for a batch.
CREATE TABLE session (
	row INTEGER PRIMARY KEY,
	key_file BLOB NOT NULL,       -- empty once in a batch's content
	corrects INTEGER NOT NULL     -- 1: waits, and takes a record back
);
CREATE TABLE part (
	number INTEGER PRIMARY KEY,   -- the record's, on this device
	day INTEGER NOT NULL,         -- the record's, days since 1970-01-01
	saved INTEGER NOT NULL,       -- when it was sealed, Unix time
	session INTEGER NOT NULL REFERENCES session (row),
	sealed BLOB NOT NULL,         -- empty once in a batch's content
	goods_leaf BLOB NOT NULL,     -- the record's id
	place_leaf BLOB NOT NULL,
	commitment BLOB NOT NULL,
	batch INTEGER REFERENCES statement (row)
);
CREATE INDEX part_batch ON part (batch, session);

-- Window mode: own records in readable form, until they are purged.
CREATE TABLE own (
	number INTEGER PRIMARY KEY REFERENCES part (number),
	goods BLOB NOT NULL,
	place BLOB NOT NULL
);

-- Annexes in plaintext, by their hash; and invitations given out.
CREATE TABLE annex (
	hash BLOB PRIMARY KEY,
	kind INTEGER NOT NULL,        -- enum wb_annex_kind
	plain BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE invitation (
	token_hash BLOB PRIMARY KEY,
	invite BLOB NOT NULL,         -- with the token
	used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Files imported, so that one is not taken twice unawares.
CREATE TABLE imported (
	hash BLOB PRIMARY KEY,
	at INTEGER NOT NULL
) WITHOUT ROWID;

-- -------------------------------------------------------------- DERIVED

CREATE TABLE device (
	row INTEGER PRIMARY KEY,
	key BLOB NOT NULL UNIQUE,
	label TEXT NOT NULL,          -- the newest roster's that names the key
	distrust INTEGER NOT NULL DEFAULT 0 -- the same: from this log index on
);
CREATE TABLE measure (
	row INTEGER PRIMARY KEY,
	item TEXT NOT NULL,
	unit TEXT NOT NULL,
	UNIQUE (item, unit)
);
CREATE TABLE place (
	row INTEGER PRIMARY KEY,
	code TEXT NOT NULL UNIQUE
);

-- One row a batch, of any device.
CREATE TABLE batch (
	statement INTEGER PRIMARY KEY REFERENCES statement (row),
	device INTEGER NOT NULL REFERENCES device (row),
	sequence INTEGER NOT NULL,
	previous BLOB NOT NULL,       -- statement id, or empty
	outcome INTEGER NOT NULL,     -- enum wb_batch_outcome
	why TEXT NOT NULL,            -- stable id of the failure, or empty
	acked INTEGER NOT NULL,       -- enum wb_outcome as acked; 0: not yet
	waits INTEGER                 -- closed till that one (its row) is open
);
CREATE INDEX batch_device ON batch (device, sequence);
CREATE INDEX batch_shut ON batch (device) WHERE outcome IN (0, 2);

-- Verdicts of logged acks, one row a statement: DISPUTED wins, then OPENED.
CREATE TABLE verdict (
	id BLOB PRIMARY KEY,          -- statement id
	outcome INTEGER NOT NULL,     -- enum wb_outcome; 0: only admitted
	ack INTEGER NOT NULL REFERENCES statement (row), -- the outcome's
	admitted INTEGER              -- log index of the first ADMIT; or NULL
) WITHOUT ROWID;

-- With who follows the whole log: its root at each size, to compare with what
-- other devices saw.
CREATE TABLE past (
	size INTEGER PRIMARY KEY,
	root BLOB NOT NULL
);

CREATE TABLE record (
	row INTEGER PRIMARY KEY,
	id BLOB NOT NULL,             -- goods leaf
	device INTEGER NOT NULL,
	number INTEGER NOT NULL,
	batch INTEGER,                -- NULL: own, not in a batch yet
	kind INTEGER NOT NULL,        -- a void's is 16 higher
	day INTEGER NOT NULL,
	reason INTEGER NOT NULL,
	reference TEXT NOT NULL,
	amends BLOB,                  -- id of the record voided
	voided INTEGER,               -- row of the record that voids this one
	from_place TEXT NOT NULL,
	to_place TEXT NOT NULL,
	households INTEGER NOT NULL,
	people INTEGER NOT NULL,
	code BLOB,
	note TEXT NOT NULL
);
CREATE UNIQUE INDEX record_id ON record (id);
CREATE INDEX record_number ON record (device, number);
CREATE INDEX record_batch ON record (batch);

-- Lines repeat what totals group by, so that totals read this table alone.  A
-- void's lines carry the device, day and place of the record they void, so that
-- it lowers the group which that record raised.
CREATE TABLE line (
	row INTEGER PRIMARY KEY,
	record INTEGER NOT NULL REFERENCES record (row),
	device INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	day INTEGER NOT NULL,
	place INTEGER NOT NULL,       -- where it went, or came from; 0: nowhere
	measure INTEGER NOT NULL,
	quantity INTEGER NOT NULL,    -- thousandths
	first INTEGER NOT NULL,       -- 1: the record's first in this measure
	lot TEXT NOT NULL,
	expiry_day INTEGER NOT NULL,
	detail TEXT NOT NULL
);
CREATE INDEX line_record ON line (record);
-- All that totals by item, day, week and month read, in their order.
CREATE INDEX line_totals ON line (measure, day, kind, quantity, first);
