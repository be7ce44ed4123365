//! Some of the opinions on each clip, drawn at random: what a smaller crowd would have said.

#[cfg(test)]
mod tests;

use rand::RngExt;

use super::CrowdError;
use crate::{
    label::{Opinion, OpinionColumns},
    random,
    texts::Texts,
};

/// It rises whenever the same opinions would be drawn otherwise.
pub const VERSION: u32 = 1;

/// Draws `per_item` of the opinions on each clip, without replacement, and returns how many votes are left of each opinion.
/// An opinion of five votes is five opinions. A clip with no more than `per_item` keeps all it has.
///
/// The draw depends on `seed`, on the clip's name and on the opinions on this clip, not on their order and on no other clip.
/// Draws are nested: three opinions are among the five that the same seed draws. `clips` and `annotators` are the names
/// behind the indices.
///
/// # Errors
/// Votes that are no whole number.
pub fn subsample(
    opinions: &OpinionColumns,
    clips: &Texts,
    annotators: &Texts,
    per_item: u32,
    seed: u64,
) -> Result<Vec<f64>, CrowdError> {
    let whole = |votes: f64| votes >= 0.0 && votes.fract() == 0.0 && votes <= f64::from(u32::MAX);
    if let Some(position) = opinions.iter().position(|opinion| !whole(opinion.votes)) {
        return Err(CrowdError::Fraction { position, votes: opinions.get(position).votes });
    }
    let mut order: Vec<u32> = (0..opinions.len() as u32).collect();
    let at = |position: &u32| opinions.get(*position as usize);
    let name = |opinion: Opinion| opinion.annotator.map(|id| &annotators[id as usize]);
    // Equal opinions stay in table order, which makes no difference to what is drawn.
    order.sort_by(|a, b| {
        let (a, b) = (at(a), at(b));
        a.clip.cmp(&b.clip).then_with(|| name(a).cmp(&name(b))).then_with(|| a.class.cmp(&b.class))
    });
    let mut left: Vec<f64> = opinions.iter().map(|opinion| opinion.votes).collect();
    for on_clip in order.chunk_by(|a, b| at(a).clip == at(b).clip) {
        let mut votes: Vec<u64> = on_clip.iter().map(|position| at(position).votes as u64).collect();
        let mut total: u64 = votes.iter().sum();
        if total <= u64::from(per_item) {
            continue;
        }
        let clip = &clips[at(&on_clip[0]).clip as usize];
        let mut stream = random::stream(seed, &format!("opinions on {clip}"), &[]);
        on_clip.iter().for_each(|position| left[*position as usize] = 0.0);
        for _ in 0..per_item {
            let mut drawn = stream.random_range(0..total);
            total -= 1;
            for (position, votes) in on_clip.iter().zip(&mut votes) {
                if drawn < *votes {
                    *votes -= 1;
                    left[*position as usize] += 1.0;
                    break;
                }
                drawn -= *votes;
            }
        }
    }
    Ok(left)
}
