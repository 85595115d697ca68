//! Tests of this workspace's PostgreSQL databases: the app's data, and backfills beside other sessions, with replicas and in
//! several processes.

mod backfills;
mod crashes;
mod db;
mod llama_logs;
mod parts;
mod profiles;
mod replica;
mod secrets;
mod throttle;
mod workers;
mod wraparound;
