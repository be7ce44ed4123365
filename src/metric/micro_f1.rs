//! Micro-averaged F1, as scikit-learn's `f1_score(average="micro")`: where every case has one class it is the accuracy, for
//! each wrong prediction is one false positive and one false negative. It has a name for those whose protocol asks for it.

use super::accuracy;
use super::entry::Entry;

pub(super) const ENTRY: Entry = Entry { name: "micro-f1", title: "Micro F1", ..accuracy::ENTRY };
