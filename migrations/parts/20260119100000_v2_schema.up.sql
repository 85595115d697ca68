-- The new tables beside the old ones, which stay as they are. The backfill `parts_v2` fills them, user by user; their ids and
-- times are derived, so that no column has a default that chance or a clock would decide.
--
-- A user sees only rows of their own: the app sets `app.user_id` for each transaction, and without it shows nothing. The
-- owner of the tables is not held to that, and it is the owner who migrates and fills.
--
-- Whatever refers to a part or to a session has the user in its key, so that it can't refer to another user's: the foreign
-- keys look behind the policies. It goes with the user, but a part or a session that something refers to is not deleted:
-- nothing that was written on it disappears in silence.

CREATE TABLE parts_v2 (
    id             uuid NOT NULL CONSTRAINT parts_v2_pkey PRIMARY KEY,
    user_id        uuid NOT NULL CONSTRAINT parts_v2_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    name           text NOT NULL,
    category       text,
    status         text,
    charge         text NOT NULL DEFAULT 'neutral',
    confidence     real,
    evidence_count integer,
    data           jsonb NOT NULL DEFAULT '{}'
                   CONSTRAINT parts_v2_data_check CHECK (jsonb_typeof(data) = 'object'),
    first_noticed  timestamptz,
    last_active    timestamptz,
    created_at     timestamptz,
    CONSTRAINT parts_v2_user_id_name_key UNIQUE (user_id, name),
    CONSTRAINT parts_v2_id_user_id_key UNIQUE (id, user_id)
);

CREATE TABLE sessions_v2 (
    id            uuid NOT NULL CONSTRAINT sessions_v2_pkey PRIMARY KEY,
    user_id       uuid NOT NULL CONSTRAINT sessions_v2_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    type          text NOT NULL DEFAULT 'therapy',
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    summary       text,
    breakthroughs text[],
    metadata      jsonb NOT NULL DEFAULT '{}'
                  CONSTRAINT sessions_v2_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    CONSTRAINT sessions_v2_user_id_started_at_key UNIQUE (user_id, started_at),
    CONSTRAINT sessions_v2_id_user_id_key UNIQUE (id, user_id)
);

CREATE TABLE part_relationships_v2 (
    id         uuid NOT NULL CONSTRAINT part_relationships_v2_pkey PRIMARY KEY,
    user_id    uuid NOT NULL CONSTRAINT part_relationships_v2_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    part_a_id  uuid NOT NULL,
    part_b_id  uuid NOT NULL,
    type       text NOT NULL CONSTRAINT part_relationships_v2_type_check
               CHECK (type IN ('protects', 'conflicts', 'supports', 'triggers', 'soothes')),
    created_at timestamptz,
    CONSTRAINT part_relationships_v2_part_a_id_part_b_id_type_key UNIQUE (part_a_id, part_b_id, type),
    CONSTRAINT part_relationships_v2_part_a_id_fkey
        FOREIGN KEY (part_a_id, user_id) REFERENCES parts_v2 (id, user_id),
    CONSTRAINT part_relationships_v2_part_b_id_fkey
        FOREIGN KEY (part_b_id, user_id) REFERENCES parts_v2 (id, user_id),
    CONSTRAINT part_relationships_v2_ends_check CHECK (part_a_id <> part_b_id),
    -- Where it makes no difference which part comes first, the one with the smaller id does.
    CONSTRAINT part_relationships_v2_symmetric_check
        CHECK (type NOT IN ('conflicts', 'supports') OR part_a_id < part_b_id)
);

-- Deleting a user or a part looks here.
CREATE INDEX part_relationships_v2_user_id_idx ON part_relationships_v2 (user_id);
CREATE INDEX part_relationships_v2_part_b_id_idx ON part_relationships_v2 (part_b_id);

-- New, and nothing old becomes a row of them.
CREATE TABLE observations (
    id          uuid NOT NULL CONSTRAINT observations_pkey PRIMARY KEY,
    user_id     uuid NOT NULL CONSTRAINT observations_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    part_id     uuid,
    session_id  uuid,
    content     text NOT NULL,
    observed_at timestamptz NOT NULL,
    CONSTRAINT observations_part_id_fkey
        FOREIGN KEY (part_id, user_id) REFERENCES parts_v2 (id, user_id),
    CONSTRAINT observations_session_id_fkey
        FOREIGN KEY (session_id, user_id) REFERENCES sessions_v2 (id, user_id)
);

CREATE INDEX observations_user_id_observed_at_idx ON observations (user_id, observed_at);
CREATE INDEX observations_part_id_idx ON observations (part_id);
CREATE INDEX observations_session_id_idx ON observations (session_id);

CREATE TABLE timeline_events (
    id          uuid NOT NULL CONSTRAINT timeline_events_pkey PRIMARY KEY,
    user_id     uuid NOT NULL CONSTRAINT timeline_events_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    type        text NOT NULL,
    data        jsonb NOT NULL DEFAULT '{}'
                CONSTRAINT timeline_events_data_check CHECK (jsonb_typeof(data) = 'object'),
    occurred_at timestamptz NOT NULL
);

CREATE INDEX timeline_events_user_id_occurred_at_idx ON timeline_events (user_id, occurred_at);

-- The setting is NULL where it was never set, and empty where a transaction had set it that is over.
ALTER TABLE parts_v2 ENABLE ROW LEVEL SECURITY;
CREATE POLICY parts_v2_own_rows ON parts_v2
    USING (user_id = nullif(current_setting('app.user_id', TRUE), '')::uuid);

ALTER TABLE sessions_v2 ENABLE ROW LEVEL SECURITY;
CREATE POLICY sessions_v2_own_rows ON sessions_v2
    USING (user_id = nullif(current_setting('app.user_id', TRUE), '')::uuid);

ALTER TABLE part_relationships_v2 ENABLE ROW LEVEL SECURITY;
CREATE POLICY part_relationships_v2_own_rows ON part_relationships_v2
    USING (user_id = nullif(current_setting('app.user_id', TRUE), '')::uuid);

ALTER TABLE observations ENABLE ROW LEVEL SECURITY;
CREATE POLICY observations_own_rows ON observations
    USING (user_id = nullif(current_setting('app.user_id', TRUE), '')::uuid);

ALTER TABLE timeline_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY timeline_events_own_rows ON timeline_events
    USING (user_id = nullif(current_setting('app.user_id', TRUE), '')::uuid);

-- Reading a user's old rows in order: of the parts with one name the first is kept. An index holds no name of any length,
-- but its hash. Sessions have such an index already.
CREATE INDEX parts_user_id_name_idx ON parts (user_id, md5(name), created_at, id);
CREATE INDEX part_relationships_user_id_created_at_idx ON part_relationships (user_id, created_at, id);
