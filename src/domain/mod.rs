//! The rules of measurement: pure, without I/O, clock or database types.
