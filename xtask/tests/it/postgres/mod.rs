//! The databases of this workspace that PostgreSQL has, and backfills of them, while other sessions write, on replicas, and
//! in several processes. Each test has its own database.

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
