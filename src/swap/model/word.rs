//! The values that atomics hold, and the engines' atomics behind one trait.

use std::fmt::Debug;
use std::sync::atomic::Ordering;

use super::trace::Value;

/// A read-modify-write that computes its new value from the old one and an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    And,
    Nand,
    Or,
    Xor,
    Max,
    Min,
}

impl Arithmetic {
    pub fn name(self) -> &'static str {
        match self {
            Arithmetic::Add => "fetch_add",
            Arithmetic::Sub => "fetch_sub",
            Arithmetic::And => "fetch_and",
            Arithmetic::Nand => "fetch_nand",
            Arithmetic::Or => "fetch_or",
            Arithmetic::Xor => "fetch_xor",
            Arithmetic::Max => "fetch_max",
            Arithmetic::Min => "fetch_min",
        }
    }
}

/// An engine's atomic of `T`.
pub(super) trait EngineAtomic<T> {
    fn create(value: T) -> Self;
    fn load(&self, order: Ordering) -> T;
    fn store(&self, value: T, order: Ordering);
    fn swap(&self, value: T, order: Ordering) -> T;
    fn exchange(&self, current: T, new: T, success: Ordering, failure: Ordering) -> Result<T, T>;
    fn exchange_weak(
        &self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<T, T>;
    fn arithmetic(&self, operation: Arithmetic, operand: T, order: Ordering) -> T;
}

/// A value that an atomic can hold, with the engines' atomics of it.
pub(super) trait Word: Copy + PartialEq + Debug {
    type Plain: EngineAtomic<Self> + Debug;
    type Loom: EngineAtomic<Self>;
    type Shuttle: EngineAtomic<Self>;
    /// The type's name in traces.
    const KIND: &'static str;
    /// Whether values are addresses.
    const IS_POINTER: bool = false;
    fn value(self) -> Value;
    /// The value in the lowest bits of a word.
    fn to_bits(self) -> u64;
    /// The value whose bits these are.
    fn from_bits(bits: u64) -> Self;
    fn arithmetic(operation: Arithmetic, old: Self, operand: Self) -> Self;
    /// The value of a std atomic, without an operation: exclusive access proves that there is none.
    fn plain_mut(plain: &mut Self::Plain) -> &mut Self;
}

macro_rules! engine_atomic {
    ([$($generic:tt)*] $atomic:ty, $value:ty,
        $self:ident, $operation:ident, $operand:ident, $order:ident => $arithmetic:expr) => {
        impl $($generic)* EngineAtomic<$value> for $atomic {
            fn create(value: $value) -> Self {
                Self::new(value)
            }
            fn load(&self, order: Ordering) -> $value {
                self.load(order)
            }
            fn store(&self, value: $value, order: Ordering) {
                self.store(value, order)
            }
            fn swap(&self, value: $value, order: Ordering) -> $value {
                self.swap(value, order)
            }
            fn exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(current, new, success, failure)
            }
            fn exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange_weak(current, new, success, failure)
            }
            fn arithmetic(
                &$self,
                $operation: Arithmetic,
                $operand: $value,
                $order: Ordering,
            ) -> $value {
                $arithmetic
            }
        }
    };
}

macro_rules! integer_word {
    ($value:ident, $atomic:ident, $wide:ident as $as:ty, $bits:ty) => {
        integer_word!(@engine std::sync::atomic::$atomic, $value);
        integer_word!(@engine loom::sync::atomic::$atomic, $value);
        integer_word!(@engine shuttle::sync::atomic::$atomic, $value);

        impl Word for $value {
            type Plain = std::sync::atomic::$atomic;
            type Loom = loom::sync::atomic::$atomic;
            type Shuttle = shuttle::sync::atomic::$atomic;
            const KIND: &'static str = stringify!($atomic);
            fn value(self) -> Value {
                Value::$wide(self as $as)
            }
            fn to_bits(self) -> u64 {
                self as $bits as u64
            }
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
            fn arithmetic(operation: Arithmetic, old: Self, operand: Self) -> Self {
                match operation {
                    Arithmetic::Add => old.wrapping_add(operand),
                    Arithmetic::Sub => old.wrapping_sub(operand),
                    Arithmetic::And => old & operand,
                    Arithmetic::Nand => !(old & operand),
                    Arithmetic::Or => old | operand,
                    Arithmetic::Xor => old ^ operand,
                    Arithmetic::Max => old.max(operand),
                    Arithmetic::Min => old.min(operand),
                }
            }
            fn plain_mut(plain: &mut Self::Plain) -> &mut Self {
                plain.get_mut()
            }
        }
    };
    (@engine $atomic:ty, $value:ty) => {
        engine_atomic!([] $atomic, $value, self, operation, operand, order => match operation {
            Arithmetic::Add => self.fetch_add(operand, order),
            Arithmetic::Sub => self.fetch_sub(operand, order),
            Arithmetic::And => self.fetch_and(operand, order),
            Arithmetic::Nand => self.fetch_nand(operand, order),
            Arithmetic::Or => self.fetch_or(operand, order),
            Arithmetic::Xor => self.fetch_xor(operand, order),
            Arithmetic::Max => self.fetch_max(operand, order),
            Arithmetic::Min => self.fetch_min(operand, order),
        });
    };
}

integer_word!(u8, AtomicU8, Unsigned as u64, u8);
integer_word!(u16, AtomicU16, Unsigned as u64, u16);
integer_word!(u32, AtomicU32, Unsigned as u64, u32);
integer_word!(u64, AtomicU64, Unsigned as u64, u64);
integer_word!(usize, AtomicUsize, Unsigned as u64, usize);
integer_word!(i8, AtomicI8, Signed as i64, u8);
integer_word!(i16, AtomicI16, Signed as i64, u16);
integer_word!(i32, AtomicI32, Signed as i64, u32);
integer_word!(i64, AtomicI64, Signed as i64, u64);
integer_word!(isize, AtomicIsize, Signed as i64, usize);

macro_rules! flag_word {
    ($atomic:ty) => {
        engine_atomic!([] $atomic, bool, self, operation, operand, order => match operation {
            Arithmetic::And => self.fetch_and(operand, order),
            Arithmetic::Nand => self.fetch_nand(operand, order),
            Arithmetic::Or => self.fetch_or(operand, order),
            Arithmetic::Xor => self.fetch_xor(operand, order),
            other => unreachable!("AtomicBool has no {}", other.name()),
        });
    };
}

flag_word!(std::sync::atomic::AtomicBool);
flag_word!(loom::sync::atomic::AtomicBool);
flag_word!(shuttle::sync::atomic::AtomicBool);

impl Word for bool {
    type Plain = std::sync::atomic::AtomicBool;
    type Loom = loom::sync::atomic::AtomicBool;
    type Shuttle = shuttle::sync::atomic::AtomicBool;
    const KIND: &'static str = "AtomicBool";
    fn value(self) -> Value {
        Value::Bool(self)
    }
    fn to_bits(self) -> u64 {
        u64::from(self)
    }
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
    fn arithmetic(operation: Arithmetic, old: Self, operand: Self) -> Self {
        match operation {
            Arithmetic::And => old & operand,
            Arithmetic::Nand => !(old & operand),
            Arithmetic::Or => old | operand,
            Arithmetic::Xor => old ^ operand,
            other => unreachable!("AtomicBool has no {}", other.name()),
        }
    }
    fn plain_mut(plain: &mut Self::Plain) -> &mut Self {
        plain.get_mut()
    }
}

macro_rules! pointer_word {
    ($($atomic:ident)::+) => {
        engine_atomic!([<T>] $($atomic)::+<T>, *mut T, self, operation, _operand, _order =>
            unreachable!("AtomicPtr has no {}", operation.name()));
    };
}

pointer_word!(std::sync::atomic::AtomicPtr);
pointer_word!(loom::sync::atomic::AtomicPtr);
pointer_word!(shuttle::sync::atomic::AtomicPtr);

impl<T> Word for *mut T {
    type Plain = std::sync::atomic::AtomicPtr<T>;
    type Loom = loom::sync::atomic::AtomicPtr<T>;
    type Shuttle = shuttle::sync::atomic::AtomicPtr<T>;
    const KIND: &'static str = "AtomicPtr";
    const IS_POINTER: bool = true;
    fn value(self) -> Value {
        Value::Pointer(self as usize)
    }
    fn to_bits(self) -> u64 {
        self.expose_provenance() as u64
    }
    fn from_bits(bits: u64) -> Self {
        std::ptr::with_exposed_provenance_mut(bits as usize)
    }
    fn arithmetic(operation: Arithmetic, _old: Self, _operand: Self) -> Self {
        unreachable!("AtomicPtr has no {}", operation.name())
    }
    fn plain_mut(plain: &mut Self::Plain) -> &mut Self {
        plain.get_mut()
    }
}
