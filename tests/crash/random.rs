//! Numbers that look random, from a seed that is printed.

/// A generator (xorshift), enough to vary what is sent and when something is killed.
pub struct Random(u64);

impl Random {
    /// One that differs from others of the same seed by its place.
    pub fn new(seed: u64, place: u64) -> Self {
        Self((seed ^ (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1)
    }

    /// A number below another.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit.max(1)
    }
}
