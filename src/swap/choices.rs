//! What a scenario chooses before its first thread: its *input*. Engines go through all of them.
//!
//! A closure that chooses is a tree, whose inner nodes are choices and whose leaves are inputs. An
//! input is found again by the choices on the way to it, its [`Script`], and the scripts follow
//! each other like the readings of an odometer whose last wheel turns first.

use crate::random::Random;

/// One of some alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Choice {
    /// The number of the alternative, from 0.
    pub picked: usize,
    /// How many there are.
    pub of: usize,
}

/// The choices that an execution makes, from the first on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Script(pub Vec<Choice>);

impl Script {
    /// How many inputs there are, if the closure has as many choices for each, among as many
    /// alternatives, as it had for these.
    pub fn inputs(&self) -> u64 {
        self.0.iter().fold(1, |inputs, choice| inputs.saturating_mul(choice.of as u64))
    }

    /// The script of the input after the one that these choices led to; `None` after the last.
    pub fn after(&self) -> Option<Script> {
        let mut choices = self.0.clone();
        while let Some(last) = choices.last_mut() {
            if last.picked + 1 < last.of {
                last.picked += 1;
                return Some(Script(choices));
            }
            choices.pop();
        }
        None
    }
}

/// The choices of one execution.
#[derive(Default)]
pub(crate) struct Choices {
    script: Script,
    /// After the script's end: first alternatives, or chance.
    chance: Option<Random>,
    made: Script,
    /// What was chosen, in words that are asked for if something goes wrong.
    words: Vec<Box<dyn Fn() -> String + Send>>,
}

/// The script asks for another choice than the closure: it does not choose the same every time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Diverged;

impl Choices {
    /// Choices that follow a script, and then take first alternatives.
    pub fn following(script: Script) -> Choices {
        Choices { script, ..Choices::default() }
    }

    /// Choices by chance.
    pub fn by_chance(seed: u64) -> Choices {
        Choices { chance: Some(Random(seed)), ..Choices::default() }
    }

    /// The next choice, among `of` alternatives, which are not none.
    pub fn choose(&mut self, of: usize) -> Result<usize, Diverged> {
        let scripted = self.script.0.get(self.made.0.len());
        let picked = self.chance.as_mut().map_or(0, |random| random.below(of));
        let choice = scripted.copied().unwrap_or(Choice { picked, of });
        if choice.of != of {
            return Err(Diverged);
        }
        self.made.0.push(choice);
        Ok(choice.picked)
    }

    /// Says in words what was chosen.
    pub fn describe(&mut self, words: impl Fn() -> String + Send + 'static) {
        self.words.push(Box::new(words));
    }

    /// What was chosen so far, in words.
    pub fn in_words(&self) -> Vec<String> {
        self.words.iter().map(|words| words()).collect()
    }

    /// The choices that were made; or that the closure made fewer than the script has.
    pub fn end(&mut self) -> Result<Script, Diverged> {
        if self.made.0.len() < self.script.0.len() {
            return Err(Diverged);
        }
        Ok(std::mem::take(&mut self.made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The picks of all inputs of a closure that makes these choices.
    fn inputs(closure: impl Fn(&mut Choices)) -> Vec<Vec<usize>> {
        let mut next = Some(Script::default());
        let mut inputs = Vec::new();
        while let Some(script) = next {
            let mut choices = Choices::following(script);
            closure(&mut choices);
            let made = choices.end().unwrap();
            inputs.push(made.0.iter().map(|choice| choice.picked).collect());
            next = made.after();
        }
        inputs
    }

    #[test]
    fn every_input_is_met_once_in_order() {
        let all = inputs(|choices| {
            choices.choose(2).unwrap();
            choices.choose(3).unwrap();
        });
        assert_eq!(all, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
    }

    #[test]
    fn a_choice_may_depend_on_another() {
        let all = inputs(|choices| {
            if choices.choose(2).unwrap() == 1 {
                choices.choose(2).unwrap();
            }
        });
        assert_eq!(all, [vec![0], vec![1, 0], vec![1, 1]]);
    }

    #[test]
    fn without_a_choice_there_is_one_input() {
        assert_eq!(inputs(|_| ()), [[0; 0]]);
    }

    #[test]
    fn chance_meets_all_alternatives_and_can_be_repeated() {
        let input = |seed| {
            let mut choices = Choices::by_chance(seed);
            [choices.choose(3).unwrap(), choices.choose(2).unwrap()]
        };
        let inputs: std::collections::BTreeSet<_> = (0..100).map(input).collect();
        assert_eq!(inputs.len(), 6);
        assert_eq!(input(7), input(7));
    }

    #[test]
    fn other_choices_than_before_are_noticed() {
        let script = Script(vec![Choice { picked: 1, of: 2 }]);
        assert_eq!(Choices::following(script.clone()).choose(3), Err(Diverged));
        assert_eq!(Choices::following(script).end().unwrap_err(), Diverged);
    }
}
