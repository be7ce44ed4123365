//! DAGs of commands for the benches: the same shape for this program and for `ninja`.

use std::fmt::Write as _;

/// So many layers of so many tasks; each reads two of the layer above.
#[derive(Debug, Clone, Copy)]
pub struct Layered {
    pub layers: usize,
    pub width: usize,
}

impl Layered {
    fn upstream(self, layer: usize, task: usize) -> Option<[usize; 2]> {
        (layer > 0).then(|| [task, (task * 7 + layer) % self.width])
    }

    /// The experiment: one `command` stage a task.
    pub fn experiment(self) -> String {
        let mut text = String::from("title = \"layers\"\n");
        for layer in 0..self.layers {
            for task in 0..self.width {
                let _ = writeln!(text, "\n[command.l{layer}_{task}]\noutputs.out = \"out\"");
                let _ = match self.upstream(layer, task) {
                    None => writeln!(text, "run = [\"sh\", \"-c\", \"echo {layer}.{task} > out\"]"),
                    Some([a, b]) => writeln!(
                        text,
                        "run = [\"sh\", \"-c\", \"(cat {{inputs.a}} {{inputs.b}}; echo {layer}.{task}) | md5sum > out\"]\n\
                         inputs.a = \"@l{up}_{a}.out\"\ninputs.b = \"@l{up}_{b}.out\"",
                        up = layer - 1
                    ),
                };
            }
        }
        text
    }

    /// The same for `ninja`.
    pub fn ninja(self) -> String {
        let mut text = String::from(
            "rule first\n  command = echo $out > $out\nrule next\n  command = (cat $in; echo $out) | md5sum > $out\n",
        );
        for layer in 0..self.layers {
            for task in 0..self.width {
                let _ = match self.upstream(layer, task) {
                    None => writeln!(text, "build l{layer}_{task}: first"),
                    Some([a, b]) if a == b => writeln!(text, "build l{layer}_{task}: next l{up}_{a}", up = layer - 1),
                    Some([a, b]) => {
                        writeln!(text, "build l{layer}_{task}: next l{up}_{a} l{up}_{b}", up = layer - 1)
                    }
                };
            }
        }
        text
    }
}

/// One stage, so many tasks.
pub fn matrix(tasks: usize) -> String {
    let values: Vec<String> = (0..tasks).map(|value| value.to_string()).collect();
    format!(
        "title = \"matrix\"\n[command.cell]\nmatrix.number = [{}]\n\
         run = [\"sh\", \"-c\", \"echo {{number}} > out\"]\noutputs.out = \"out\"\n",
        values.join(", ")
    )
}

/// The same for `ninja`.
pub fn flat_ninja(tasks: usize) -> String {
    let mut text = String::from("rule first\n  command = echo $out > $out\n");
    for task in 0..tasks {
        let _ = writeln!(text, "build cell{task}: first");
    }
    text
}
