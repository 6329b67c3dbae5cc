//! *Document*: several editors open it, each writes a paragraph, and each saves. Without a version
//! the last save wins, and the other paragraph is gone although its editor saw it saved.

use crate::sync::Arc;
use crate::thread;

use super::{Form, Store, change};

/// `editors` each add a paragraph to one document. Every paragraph must be in it at the end.
pub fn document<S: Store<String>>(
    form: Form,
    editors: u32,
    new: impl Fn(String) -> S + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let store = Arc::new(new("# Minutes\n".to_owned()));
        let editing: Vec<_> = (1..=editors)
            .map(|editor| {
                let store = Arc::clone(&store);
                thread::spawn(move || {
                    change(&*store, form, |text| text + &paragraph(editor));
                })
            })
            .collect();
        for editor in editing {
            editor.join().unwrap();
        }
        let text = store.read().value;
        for editor in 1..=editors {
            assert!(
                text.contains(&paragraph(editor)),
                "lost update: editor {editor} saved a paragraph that is not in the document:\n{text}"
            );
        }
    }
}

fn paragraph(editor: u32) -> String {
    format!("paragraph of editor {editor}\n")
}
