-- Users, the parts that they found, the sessions in which they did, and how parts stand to each other. The tables are old:
-- nothing is required of a column, and nothing holds a row to the user or to the parts that it names.

CREATE TABLE users (
    id       uuid NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    email    text,
    settings jsonb DEFAULT '{}'
);

CREATE TABLE parts (
    id              uuid NOT NULL CONSTRAINT parts_pkey PRIMARY KEY,
    user_id         uuid,
    name            text,
    category        text,
    status          text,
    charge          text,
    confidence      real,
    evidence_count  integer,
    age             text,
    role            text,
    triggers        jsonb,
    emotions        jsonb,
    beliefs         jsonb,
    somatic_markers jsonb,
    visualization   jsonb,
    story           text,
    first_noticed   timestamptz,
    last_active     timestamptz,
    created_at      timestamptz
);

CREATE TABLE sessions (
    id            uuid NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    user_id       uuid,
    start_time    timestamptz,
    end_time      timestamptz,
    summary       text,
    breakthroughs text[],
    type          text,
    -- In minutes.
    duration      integer
);

CREATE TABLE part_relationships (
    id         uuid NOT NULL CONSTRAINT part_relationships_pkey PRIMARY KEY,
    user_id    uuid,
    -- A list of two ids of parts.
    parts      jsonb,
    -- `polarized`, `protector-exile` or `allied`.
    type       text,
    created_at timestamptz
);

CREATE INDEX parts_user_id_idx ON parts (user_id);
CREATE INDEX sessions_user_id_start_time_idx ON sessions (user_id, start_time);
CREATE INDEX part_relationships_user_id_idx ON part_relationships (user_id);
