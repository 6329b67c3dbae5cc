//! *Text editor*: several people type in one document at the same time. Nobody waits for an answer
//! between two lines, so each editor sends what is typed and goes on.
//!
//! Two naive forms. A queue with several consumers, who take edits in order, and apply them in any:
//! edits are lost, and a second line comes before its first. And a single writer that is told
//! *where* by a number, which was right on the screen of its editor: the document has changed
//! since, and the line lands inside of other people's text. The edits follow each other in good
//! order, to the wrong places.
//!
//! Guarded, one writer applies the edits, and an edit names the line below which it goes. (Ellis
//! and Gibbs, *Concurrency control in groupware systems*, SIGMOD 1989, transform the numbers
//! instead; what names its neighbor needs no transformation.)

use std::num::NonZeroUsize;

use crate::naive::Serial;
use crate::sync::Arc;
use crate::thread;

/// How an edit says where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// By the number that the line has on its editor's screen.
    Number,
    /// By the line above it.
    Below,
}

/// Lines of text.
pub type Document = Vec<String>;

/// An edit: a line, and where it goes.
#[derive(Clone, Debug)]
pub struct Edit {
    place: Place,
    number: usize,
    above: String,
    line: String,
}

const HEADING: &str = "# Minutes";

/// `editors` type under the heading of one document: the first of them two lines, the others one.
/// All lines must be in it, and the first editor's second one right below its first.
pub fn text_editor<W>(place: Place, editors: u32) -> impl Fn() + Send + Sync + 'static
where
    W: Serial<Document, Edit, ()> + Send + Sync + 'static,
{
    move || {
        let room = NonZeroUsize::new(8).expect("not zero");
        let writer = Arc::new(W::new(room, vec![HEADING.to_owned()], apply));
        let typing: Vec<_> = (1..=editors)
            .map(|editor| {
                let writer = Arc::clone(&writer);
                thread::spawn(move || {
                    let mut above = HEADING.to_owned();
                    for number in 1..=lines(editor) {
                        let line = line(editor, number);
                        drop(writer.send(Edit { place, number, above, line: line.clone() }));
                        above = line;
                    }
                })
            })
            .collect();
        for editor in typing {
            editor.join().unwrap();
        }
        let document = Arc::into_inner(writer).expect("all editors are closed").end();
        check(&document, editors);
    }
}

/// How many lines an editor types.
fn lines(editor: u32) -> usize {
    if editor == 1 { 2 } else { 1 }
}

/// A line of an editor's text.
fn line(editor: u32, number: usize) -> String {
    format!("line {number} of editor {editor}")
}

/// Inserts a line where it goes; at the end, if that place is not there.
fn apply(document: &mut Document, Edit { place, number, above, line }: Edit) {
    let place = match place {
        Place::Number => Some(number).filter(|number| *number <= document.len()),
        Place::Below => document.iter().position(|line| *line == above).map(|above| above + 1),
    };
    document.insert(place.unwrap_or(document.len()), line);
}

fn check(document: &Document, editors: u32) {
    for editor in 1..=editors {
        let typed: Document = (1..=lines(editor)).map(|number| line(editor, number)).collect();
        for line in &typed {
            assert!(document.contains(line), "lost: {line} is not in {document:#?}");
        }
        let in_one_piece = document.windows(typed.len()).any(|lines| lines == typed);
        assert!(in_one_piece, "the text of editor {editor} is mangled: {document:#?}");
    }
}
