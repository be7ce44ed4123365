//! Threads that share out fixed groups of work.

use super::ModelError;
use super::lanes::Level;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// Who computes: so many threads, with this instruction set. Results do not depend on either.
#[derive(Debug)]
pub(super) struct Workers {
    pub level: Level,
    pool: Option<rayon::ThreadPool>,
}

impl Workers {
    /// `threads` of them (0: as many as the machine has), with the best instruction set there is.
    pub fn new(threads: usize) -> Result<Workers, ModelError> {
        Workers::with_level(threads, Level::detect())
    }

    /// As [`Workers::new`], with a given instruction set.
    pub fn with_level(threads: usize, level: Level) -> Result<Workers, ModelError> {
        let pool = match threads {
            1 => None,
            _ => Some(
                rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|error| ModelError::Threads { threads, message: error.to_string() })?,
            ),
        };
        Ok(Workers { level, pool })
    }

    /// Calls `work` once for each item, in any order.
    pub fn each<T: Send>(&self, items: Vec<T>, work: impl Fn(T) + Sync + Send) {
        match &self.pool {
            None => items.into_iter().for_each(work),
            Some(pool) => pool.install(|| items.into_par_iter().for_each(work)),
        }
    }
}
