//! What results look like, as JSON Schema (2020-12): a [`Shape`] is one value, [`Fields`] are those of an object. Every tool has one, and
//! each piece of it stands beside the function that makes the piece, so that the two are read together.
//!
//! Schemas are kept short, since every model that may use a tool reads them: no titles, no formats, no bounds, and a description where a
//! name does not say it. What a redactor may replace has no `enum`; only words of ours do. New fields may come, so none is forbidden.

use serde_json::{Map, Value, json};

/// What one value looks like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape(Map<String, Value>);

impl Shape {
    /// Any text.
    pub(crate) fn text() -> Self {
        Self::of("string")
    }

    /// A number of things, a line, a size in bytes.
    pub(crate) fn count() -> Self {
        Self::of("integer")
    }

    /// True or false.
    pub(crate) fn flag() -> Self {
        Self::of("boolean")
    }

    /// One of our own words.
    pub(crate) fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::of("string").with("enum", words.into_iter().collect())
    }

    /// Any number of values that look alike.
    pub(crate) fn list(items: impl Into<Self>) -> Self {
        Self::of("array").with("items", Value::Object(items.into().0))
    }

    /// This, or null.
    pub(crate) fn or_null(mut self) -> Self {
        let kind = self.0.insert("type".into(), Value::Null);
        self.0.insert("type".into(), json!([kind, "null"]));
        if let Some(words) = self.0.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
        self
    }

    /// This, with a word to a model on what it is for, in which unit it counts, or when it is not there.
    pub(crate) fn described(self, description: &'static str) -> Self {
        self.with("description", description.into())
    }

    fn of(kind: &'static str) -> Self {
        Self(Map::new()).with("type", kind.into())
    }

    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.0.insert(name.into(), value);
        self
    }
}

impl From<Fields> for Shape {
    fn from(fields: Fields) -> Self {
        Self(fields.schema())
    }
}

/// The fields of an object: what each looks like, and whether it is always there.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields {
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl Fields {
    /// No field yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A field that is always there; one of the same name gives way.
    pub(crate) fn required(self, name: &'static str, shape: impl Into<Shape>) -> Self {
        let mut fields = self.optional(name, shape);
        fields.required.push(name);
        fields
    }

    /// A field that may be there; one of the same name gives way.
    pub(crate) fn optional(mut self, name: &'static str, shape: impl Into<Shape>) -> Self {
        self.properties.insert(name.into(), Value::Object(shape.into().0));
        self.required.retain(|required| *required != name);
        self
    }

    /// These, and `more` as they are.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.required.retain(|required| !more.properties.contains_key(*required));
        self.properties.extend(more.properties);
        self.required.extend(more.required);
        self
    }

    /// The same, of which none needs to be there.
    pub(crate) fn all_optional(mut self) -> Self {
        self.required.clear();
        self
    }

    /// The schema of the object that has them.
    pub(crate) fn schema(self) -> Map<String, Value> {
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        schema.insert("properties".into(), Value::Object(self.properties));
        if !self.required.is_empty() {
            schema.insert("required".into(), self.required.into());
        }
        schema
    }
}

#[cfg(test)]
mod tests;
