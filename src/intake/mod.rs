//! Notifications in: broker, HTTP and files.
