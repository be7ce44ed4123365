//! Masks that a table of drawings names.

use crate::{
    crowd::drawn::Mask,
    decode,
    job::{Place, TableInput},
    recipe::Digest,
    store::{Store, intake},
    table::Table,
};

/// The mask that a row of the table names, as it was when its digest was taken.
///
/// # Errors
/// A file that is gone, changed, or no mask.
pub(super) fn read(store: &Store, input: &TableInput, table: &Table, row: usize) -> Result<Mask, String> {
    let named = table.required("mask").get(row);
    let digest = input.files.get(row).copied().flatten().ok_or_else(|| format!("there is no file `{named}`"))?;
    let mask = match &input.place {
        Place::File(table) => {
            let bytes = std::fs::read(intake::beside(table, named)).map_err(|error| format!("`{named}`: {error}"))?;
            if Digest::of(&bytes) != digest {
                return Err(format!("`{named}` changed while it was read; run again"));
            }
            decode::read_mask(&bytes)
        }
        Place::Artifact { .. } => {
            store.check(&digest).map_err(|error| error.to_string())?;
            let bytes = store.object(&digest).map_err(|_| format!("`{named}` is gone from the store; run again"))?;
            decode::read_mask(&bytes)
        }
    };
    let mask = mask.map_err(|error| format!("`{named}`: {error}"))?;
    Mask::from_pixels(mask.width, mask.height, &mask.pixels).ok_or_else(|| format!("`{named}`: it has too few pixels"))
}
