-- Users, the music that they listen to, and a log of every attempt to enrich any of it from outside sources.

CREATE TABLE users (
    id   uuid NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE albums (
    id    uuid NOT NULL CONSTRAINT albums_pkey PRIMARY KEY,
    title text NOT NULL
);

CREATE TABLE artists (
    id   uuid NOT NULL CONSTRAINT artists_pkey PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE tracks (
    id    uuid NOT NULL CONSTRAINT tracks_pkey PRIMARY KEY,
    title text NOT NULL
);

-- A record outlives what it speaks of, so that deleting a user or an album empties the reference and no more.
CREATE TABLE enrichment_logs (
    id            uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT enrichment_logs_pkey PRIMARY KEY,
    operation     text NOT NULL,
    status        text NOT NULL CONSTRAINT enrichment_logs_status_check
                  CHECK (status IN ('SUCCESS', 'PARTIAL_SUCCESS', 'FAILED', 'SKIPPED', 'NO_DATA_AVAILABLE')),
    sources       text[] NOT NULL DEFAULT '{}',
    reason        text,
    error_message text,
    metadata      jsonb NOT NULL DEFAULT '{}',
    user_id       uuid CONSTRAINT enrichment_logs_user_id_fkey REFERENCES users (id) ON DELETE SET NULL,
    album_id      uuid CONSTRAINT enrichment_logs_album_id_fkey REFERENCES albums (id) ON DELETE SET NULL,
    artist_id     uuid CONSTRAINT enrichment_logs_artist_id_fkey REFERENCES artists (id) ON DELETE SET NULL,
    track_id      uuid CONSTRAINT enrichment_logs_track_id_fkey REFERENCES tracks (id) ON DELETE SET NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- What happened last, and what failed last. There is no index on the operation: it may be longer than an index entry.
CREATE INDEX enrichment_logs_created_at_idx ON enrichment_logs (created_at);
CREATE INDEX enrichment_logs_status_created_at_idx ON enrichment_logs (status, created_at);
-- What happened to one thing; deleting that thing looks here too.
CREATE INDEX enrichment_logs_user_id_idx ON enrichment_logs (user_id);
CREATE INDEX enrichment_logs_album_id_idx ON enrichment_logs (album_id);
CREATE INDEX enrichment_logs_artist_id_idx ON enrichment_logs (artist_id);
CREATE INDEX enrichment_logs_track_id_idx ON enrichment_logs (track_id);
