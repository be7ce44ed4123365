//! Reproducible random streams: one independent stream for each seed, purpose and position.
//!
//! A stream is a ChaCha8 generator whose key is the BLAKE3 hash of what it is for, so any part of a run can be redrawn
//! without drawing what came before it (a training resumed in the middle of an epoch needs that).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The stream for `purpose` at `position` (epoch, step, layer, …) under `seed`.
pub fn stream(seed: u64, purpose: &str, position: &[u64]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key("crowdline 2026 random stream");
    hasher.update(&seed.to_le_bytes());
    hasher.update(&(purpose.len() as u64).to_le_bytes());
    hasher.update(purpose.as_bytes());
    for step in position {
        hasher.update(&step.to_le_bytes());
    }
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}
