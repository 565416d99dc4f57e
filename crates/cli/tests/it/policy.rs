//! `gitoma policy …`, each as a process on files.

mod check;
mod compare;
mod files;
mod suites;
