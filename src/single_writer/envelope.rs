//! What is in the queue: a command, and where its reply goes.

use super::reply::{Answer, Cause, ReplyTo};

/// A command on its way. Its caller hears of it whatever becomes of it: if it is dropped unopened,
/// because its writer unwinds, the command is given back.
pub struct Envelope<C, R> {
    /// There until it is opened.
    command: Option<C>,
    /// Of a call; a cast has none.
    reply_to: Option<ReplyTo<C, R>>,
}

impl<C, R> Envelope<C, R> {
    pub fn call(command: C, reply_to: ReplyTo<C, R>) -> Envelope<C, R> {
        Envelope { command: Some(command), reply_to: Some(reply_to) }
    }

    pub fn cast(command: C) -> Envelope<C, R> {
        Envelope { command: Some(command), reply_to: None }
    }

    /// The command, to run it, or because it was not sent; and where its reply goes.
    pub fn open(mut self) -> (C, Option<ReplyTo<C, R>>) {
        let command = self.command.take().expect("an envelope is opened once");
        (command, self.reply_to.take())
    }

    /// Gives the command back to its caller. That of a cast is dropped.
    pub fn give_back(self, cause: Cause) {
        let (command, reply_to) = self.open();
        if let Some(reply_to) = reply_to {
            reply_to.answer(Answer::GivenBack(cause, command));
        }
    }
}

impl<C, R> Drop for Envelope<C, R> {
    fn drop(&mut self) {
        if let (Some(command), Some(reply_to)) = (self.command.take(), self.reply_to.take()) {
            reply_to.answer(Answer::GivenBack(Cause::Panicked, command));
        }
    }
}
