//! Why a path was refused: one variant a rule, each with a stable identifier and never with the input.

/// Says which lexical rule a path broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PathError {
    /// Nothing was left after dropping `.` and empty components.
    #[error("path is empty")]
    Empty,
    /// The path has more than 4,096 bytes.
    #[error("path is longer than 4096 bytes")]
    TooLong,
    /// A component has more than 255 bytes.
    #[error("path has a component longer than 255 bytes")]
    ComponentTooLong,
    /// The path has more than 128 components.
    #[error("path has more than 128 components")]
    TooDeep,
    /// The bytes are not UTF-8.
    #[error("path is not UTF-8")]
    NotUtf8,
    /// A path of a tree or index holds `.` or empty components, which git itself never writes.
    #[error("path in the repository is not in normal form")]
    NotNormal,
    /// The path begins with a slash.
    #[error("path is absolute")]
    Absolute,
    /// The path begins with `~`.
    #[error("path begins with `~`")]
    HomeDirectory,
    /// A component is `..`.
    #[error("path has a `..` component")]
    ParentComponent,
    /// The path holds NUL or another control character (Unicode Cc, Zl, Zp).
    #[error("path has a control character")]
    ControlCharacter,
    /// The path holds a format character (Unicode Cf) or one that some file systems ignore when they compare names.
    #[error("path has a format or invisible character")]
    FormatCharacter,
    /// The path holds a backslash.
    #[error("path has a backslash")]
    Backslash,
    /// The path holds a colon: a drive letter or an alternate data stream.
    #[error("path has a colon")]
    Colon,
    /// A component holds one of `<`, `>`, `"`, `|`, `?`, `*`.
    #[error("path has a character that is reserved on some platforms")]
    ReservedCharacter,
    /// A component ends with a dot or a space, which some file systems strip.
    #[error("path has a component that ends with a dot or a space")]
    TrailingDotOrSpace,
    /// A component is a device name, with or without an extension.
    #[error("path has a component that is a device name on some platforms")]
    DeviceName,
    /// A component has the shape of a generated 8.3 alias, which may stand for another name.
    #[error("path has a component in the form of an 8.3 alias")]
    ShortName,
    /// A component is `.git` or one of its aliases.
    #[error("path has a component that is an alias of the git directory")]
    GitDirectory,
}

impl PathError {
    /// Returns the stable identifier of the broken rule, for replies, logs and metrics.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Empty => "path:empty",
            Self::TooLong => "path:too-long",
            Self::ComponentTooLong => "path:component-too-long",
            Self::TooDeep => "path:too-deep",
            Self::NotUtf8 => "path:not-utf8",
            Self::NotNormal => "path:not-normal",
            Self::Absolute => "path:absolute",
            Self::HomeDirectory => "path:home-directory",
            Self::ParentComponent => "path:parent-component",
            Self::ControlCharacter => "path:control-character",
            Self::FormatCharacter => "path:format-character",
            Self::Backslash => "path:backslash",
            Self::Colon => "path:colon",
            Self::ReservedCharacter => "path:reserved-character",
            Self::TrailingDotOrSpace => "path:trailing-dot-or-space",
            Self::DeviceName => "path:device-name",
            Self::ShortName => "path:short-name",
            Self::GitDirectory => "path:git-directory",
        }
    }
}
