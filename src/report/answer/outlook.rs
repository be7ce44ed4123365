//! What a study of this size could show, and how many patients would be enough.

use crate::report::content::{Contrast, Goal};
use crate::report::format;

/// The sentence; empty where there is no margin or no spread to reckon with.
pub(super) fn sentence(contrast: &Contrast) -> String {
    let Some(power) = contrast.power else { return String::new() };
    let shown = match contrast.goal {
        Goal::NonInferiority => "non-inferior",
        Goal::Equivalence => "equivalent",
    };
    let wanted = format::level(power.wanted);
    let needed = match power.patients {
        Some(patients) => format!("{} would give {wanted}", format::counted(patients, "such patient")),
        None => format!("no number of patients one could find would give {wanted}"),
    };
    let seeds = if contrast.seeds > 1 { "; the share that training seeds have in it does not" } else { "" };
    format!(
        "With these {} a true difference of 0 would be shown {shown} with probability {}; {needed}. (Normal approximation; the \
         bootstrap’s standard error falls with the square root of the number of patients{seeds}.)",
        format::counted(contrast.patients, "patient"),
        format::fixed(power.power, 2),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::content::Power;

    #[test]
    fn the_outlook_names_probability_and_patients() {
        let power = Power { power: 0.3846, wanted: 0.8, patients: Some(1114) };
        let mut contrast = Contrast { patients: 40, power: Some(power), ..Contrast::default() };
        let text = |contrast: &Contrast| sentence(contrast).replace('\u{a0}', " ");
        assert!(
            text(&contrast).starts_with(
                "With these 40 patients a true difference of 0 would be shown non-inferior with probability 0.38; \
                 1,114 such patients would give 80 %."
            ),
            "{}",
            text(&contrast)
        );
        assert!(!text(&contrast).contains("seeds"));
        contrast.seeds = 3;
        contrast.goal = Goal::Equivalence;
        contrast.power = Some(Power { patients: None, ..power });
        assert!(text(&contrast).contains("shown equivalent") && text(&contrast).contains("training seeds"));
        assert!(text(&contrast).contains("no number of patients one could find would give 80 %"));
        contrast.power = None;
        assert_eq!(sentence(&contrast), "");
    }
}
