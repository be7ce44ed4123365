//! The tasks that made the numbers.

use super::Table;
use crate::report::content::Task;
use crate::report::format;

/// One row a task. `None` without tasks.
pub(in crate::report) fn tasks(tasks: &[Task]) -> Option<Table> {
    if tasks.is_empty() {
        return None;
    }
    let caption = "Tasks in the order in which data flow. Key: digest of what was asked; output: digest of what came.";
    let columns = ["Task", "Kind", "Method and version", "Key", "Output", "Environment"];
    let mut table = Table::new("tasks", caption.to_owned(), &columns, &[]).in_file(&[
        "task",
        "kind",
        "method",
        "key",
        "output",
        "environment",
    ]);
    for task in tasks {
        let (key, output) = (format::digest(&task.key), format::digest(&task.output));
        let row = [&task.address, &task.kind, &task.method, &key, &output, &task.environment];
        table.rows.push(row.into_iter().cloned().map(Into::into).collect());
        table.file_rows.push(row.into_iter().cloned().collect());
    }
    Some(table.shortened())
}
