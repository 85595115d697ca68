//! The macro `labels!`, which declares an enum with a fixed label per variant, used both in JSON and in output for
//! people.

/// A closed set of values, each with a label.
pub(super) trait Label: Copy + 'static {
    /// Every value, in the order of declaration.
    const VALUES: &'static [Self];

    /// The label of this value.
    fn label(self) -> &'static str;
}

/// Declares an enum with a label for each variant, and derives `ALL`, `as_str`, `Display` and `Serialize` from the
/// labels, so that a new variant takes one line. The order and the number of the variants are part of the contract
/// of [`generate`](crate::pets::traits::generate()): changing either changes the traits of existing ids, and
/// therefore requires a new [`VERSION`](crate::pets::traits::VERSION).
macro_rules! labels {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $label:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The label used in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $label,)+ }
            }
        }

        impl $crate::pets::traits::label::Label for $name {
            const VALUES: &'static [$name] = $name::ALL;

            fn label(self) -> &'static str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(super) use labels;
