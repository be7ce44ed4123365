//! Media types by suffix.

/// The media type of a file as its suffix tells it; `application/octet-stream` where it does not.
pub fn media_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase());
    match suffix.as_deref().unwrap_or_default() {
        "avi" => "video/x-msvideo",
        "csv" => "text/csv",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "html" => "text/html",
        "jpeg" | "jpg" => "image/jpeg",
        "json" => "application/json",
        "jsonl" => "application/jsonl",
        "md" => "text/markdown",
        "mkv" => "video/x-matroska",
        "mov" => "video/quicktime",
        "mp4" => "video/mp4",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "tex" => "text/x-tex",
        "tif" | "tiff" => "image/tiff",
        "toml" => "application/toml",
        "tsv" => "text/tab-separated-values",
        "txt" => "text/plain",
        "webm" => "video/webm",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffix_of_the_last_part_tells() {
        assert_eq!(media_type("experiment.toml"), "application/toml");
        assert_eq!(media_type("a.csv/b.PNG"), "image/png");
        assert_eq!(media_type("a.csv/b"), "application/octet-stream");
        assert_eq!(media_type("model.safetensors"), "application/octet-stream");
    }
}
