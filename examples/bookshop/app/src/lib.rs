//! The app of a bookshop: its catalog in SQLite. Orders are in PostgreSQL.

pub mod books;
pub mod isbn;
