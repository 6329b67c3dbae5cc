//! The file in which scenarios leave their report lines.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use selvedge::scenario::ReportLine;

use crate::failure::Failure;

/// A report file that is read while it grows, and removed when dropped.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    read: u64,
    unfinished: Vec<u8>,
    lines: Vec<ReportLine>,
}

impl ReportFile {
    /// A new, empty file in a folder, which is created if it is not there.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(folder: &Path) -> Result<ReportFile, Failure> {
        let path = folder.join(format!("report-{}.jsonl", std::process::id()));
        let create = || std::fs::create_dir_all(folder).and_then(|()| File::create(&path));
        match create() {
            Ok(_) => Ok(ReportFile { path, read: 0, unfinished: Vec::new(), lines: Vec::new() }),
            Err(error) => Err(Failure::new(format!("cannot create {}: {error}", path.display()))),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lines read so far.
    pub fn lines(&self) -> &[ReportLine] {
        &self.lines
    }

    /// Reads what has been written since the last time.
    ///
    /// # Errors
    /// The file cannot be read, or a line is not of this command's format.
    pub fn poll(&mut self) -> Result<(), Failure> {
        let mut new = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_end(&mut new)
        });
        if let Err(error) = read {
            return Err(Failure::new(format!("cannot read {}: {error}", self.path.display())));
        }
        self.read += new.len() as u64;
        self.unfinished.extend(new);
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.lines.push(parse(&line, self.lines.len() + 1)?);
        }
        Ok(())
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        // It is of no use any more, and harmless.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn parse(line: &[u8], number: usize) -> Result<ReportLine, Failure> {
    String::from_utf8_lossy(line).trim_end().parse().map_err(|error| {
        Failure::new(format!(
            "line {number} of the report: {error}; the versions of selvedge in the crate and of \
             cargo-selvedge must agree"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use selvedge::scenario::Method;

    use super::*;
    use crate::synthetic::line;

    #[test]
    fn lines_are_read_when_they_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = ReportFile::create(&folder.path().join("new")).unwrap();
        report.poll().unwrap();
        assert!(report.lines().is_empty());

        let lines = [line("cart", Method::Check, "loom"), line("cart", Method::Refute, "loom")];
        lines[0].append(report.path()).unwrap();
        let second = serde_json::to_string(&lines[1]).unwrap();
        let (begin, end) = second.split_at(20);
        let mut file = File::options().append(true).open(report.path()).unwrap();
        file.write_all(begin.as_bytes()).unwrap();
        report.poll().unwrap();
        assert_eq!(report.lines(), &lines[..1]);
        file.write_all(format!("{end}\n").as_bytes()).unwrap();
        report.poll().unwrap();
        assert_eq!(report.lines(), &lines);

        let path = report.path().to_owned();
        drop(report);
        assert!(!path.exists());
    }

    #[test]
    fn another_schema_is_refused() {
        let mut value = serde_json::to_value(line("cart", Method::Check, "loom")).unwrap();
        value["schema"] = 2.into();
        let error = parse(value.to_string().as_bytes(), 7).unwrap_err().to_string();
        assert!(error.contains("line 7") && error.contains("schema 2 instead of 1"), "{error}");
        assert!(parse(b"{}", 1).is_err());
        assert!(parse(b"hello", 1).is_err());
    }
}
