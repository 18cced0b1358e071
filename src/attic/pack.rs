//! Many texts made small: each template once, and of each field only how it differs from the one before.
//!
//! A text is cut behind its first line, and both parts are split into template and fields. Texts of one template are
//! compared with the one before: fields that did not change cost nothing, the others go into a column of their own, one
//! for each field of each template, in which like stands beside like.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use super::number::{Cursor, fold, put, put_bytes};
use super::split::{NUMBER_DIGITS_MAX, split};
use super::stock::{Known, Stock};

/// What a field held last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A number, and how many digits it is written with: 0 is as few as it needs.
    Number {
        /// Its value.
        value: u64,
        /// Its digits.
        width: u8,
    },
    /// A word.
    Word(Vec<u8>),
}

impl Value {
    /// The value of a field.
    pub(super) fn of(field: &[u8]) -> Value {
        let value = (field.len() <= NUMBER_DIGITS_MAX)
            .then(|| {
                field.iter().try_fold(0_u64, |value, byte| {
                    byte.is_ascii_digit()
                        .then(|| value * 10 + u64::from(byte - b'0'))
                })
            })
            .flatten();
        match value {
            Some(value) => Value::Number {
                value,
                width: padded_width(field),
            },
            None => Value::Word(field.to_vec()),
        }
    }
}

/// The digits of a number that is padded with zeros; 0 for one that is not.
fn padded_width(digits: &[u8]) -> u8 {
    if digits.len() > 1 && digits.starts_with(b"0") {
        digits.len() as u8
    } else {
        0
    }
}

/// Bytes from which on a part is remembered as a whole: a trace that comes again to the letter is not split again.
const WHOLE_BYTES_MIN: usize = 256;

/// One template, and what was seen of its fields.
#[derive(Debug, Default)]
struct Shape {
    /// Its last text, if that is long.
    whole: Vec<u8>,
    /// The text of each field, as it was last.
    last: Vec<Vec<u8>>,
    values: Vec<Value>,
    columns: Vec<Vec<u8>>,
}

impl Shape {
    /// A template that was met with these fields, as they stand in a chunk.
    fn of(mut firsts: Cursor<'_>) -> Shape {
        let fields = std::iter::from_fn(|| firsts.bytes().ok());
        let last: Vec<Vec<u8>> = fields.map(<[u8]>::to_vec).collect();
        Shape {
            whole: Vec::new(),
            values: last.iter().map(|field| Value::of(field)).collect(),
            columns: vec![Vec::new(); last.len()],
            last,
        }
    }
}

/// Texts on their way to be packed.
#[derive(Debug, Default)]
pub struct Packer<'s> {
    /// Numbers of templates: those of the stock first.
    stocked: HashMap<&'s [u8], usize, foldhash::quality::RandomState>,
    known: HashMap<Box<[u8]>, usize, foldhash::quality::RandomState>,
    stock: &'s [Arc<Known>],
    /// Templates that the stock lacked.
    own: Vec<Known>,
    /// Which shape a long text was the last of, by the text's hash.
    wholes: HashMap<u64, usize, foldhash::quality::RandomState>,
    /// By the template's number. One of the stock has none as long as it was not met.
    shapes: Vec<Option<Shape>>,
    /// The numbers, in the order in which they were met.
    met: Vec<usize>,
    /// For each text the number of its first line's template, then that of its rest plus one, 0 if it has none.
    ids: Vec<u8>,
    /// For each part whose template was known: which fields changed.
    changes: Vec<u8>,
    /// Templates, in the order in which they were met.
    templates: Vec<u8>,
    /// The fields with which each was met.
    firsts: Vec<u8>,
    template: Vec<u8>,
}

impl<'s> Packer<'s> {
    /// Knows what is in stock.
    pub fn new(stock: &'s Stock) -> Packer<'s> {
        let stock = stock.known();
        let templates = stock.iter().map(|known| &*known.template);
        Packer {
            stocked: templates.zip(0..).collect(),
            stock,
            shapes: stock.iter().map(|_| None).collect(),
            ..Packer::default()
        }
    }

    /// Adds a text.
    pub fn add(&mut self, text: &[u8]) {
        let end = memchr::memchr(b'\n', text).map_or(text.len(), |newline| newline + 1);
        let (line, rest) = text.split_at(end);
        let id = self.add_part(line);
        put(id, &mut self.ids);
        let id = if rest.is_empty() {
            0
        } else {
            self.add_part(rest) + 1
        };
        put(id, &mut self.ids);
    }

    /// Adds one part, and gives the number of its template.
    fn add_part(&mut self, part: &[u8]) -> u64 {
        let is_long = part.len() >= WHOLE_BYTES_MIN;
        let hash = if is_long { self.hash(part) } else { 0 };
        let id = self.wholes.get(&hash).copied().filter(|_| is_long);
        let shape = id.and_then(|id| self.shapes.get(id)?.as_ref());
        if let (Some(id), true) = (id, shape.is_some_and(|shape| shape.whole == part)) {
            // No field has changed.
            put(0, &mut self.changes);
            return id as u64;
        }
        let id = self.split_part(part);
        // Of the same template there may be long texts and short ones: what was remembered is not the last any more.
        let whole = self
            .shapes
            .get_mut(id)
            .and_then(Option::as_mut)
            .map(|shape| std::mem::take(&mut shape.whole));
        let mut whole = whole.unwrap_or_default();
        if !whole.is_empty() {
            let before = self.hash(&whole);
            self.wholes.remove(&before);
        }
        if let Some(Some(shape)) = self.shapes.get_mut(id).filter(|_| is_long) {
            whole.clear();
            whole.extend_from_slice(part);
            shape.whole = whole;
            self.wholes.insert(hash, id);
        }
        id as u64
    }

    fn hash(&self, text: &[u8]) -> u64 {
        self.wholes.hasher().hash_one(text)
    }

    /// Splits a part, and gives the number of its template.
    fn split_part(&mut self, part: &[u8]) -> usize {
        self.template.clear();
        let mut fields = Vec::new();
        split(part, &mut self.template, &mut fields);
        let template = self.template.as_slice();
        let id = self
            .known
            .get(template)
            .or_else(|| self.stocked.get(template));
        if let Some(id) = id.copied() {
            if let (Some(shape @ None), Some(known)) = (self.shapes.get_mut(id), self.stock.get(id))
            {
                *shape = Some(Shape::of(Cursor::new(&known.firsts)));
                self.met.push(id);
            }
            if let Some(Some(shape)) = self.shapes.get_mut(id) {
                shape.add(&fields, &mut self.changes);
            }
            return id;
        }
        let id = self.shapes.len();
        let mut firsts = Vec::new();
        for field in &fields {
            put_bytes(field, &mut firsts);
        }
        put_bytes(template, &mut self.templates);
        self.firsts.extend_from_slice(&firsts);
        self.shapes.push(Some(Shape::of(Cursor::new(&firsts))));
        self.met.push(id);
        self.known.insert(template.into(), id);
        self.own.push(Known {
            template: template.into(),
            firsts: firsts.into(),
        });
        id
    }

    /// The templates that the stock lacked, in the order in which they were met.
    pub fn into_own(self) -> Vec<Known> {
        self.own
    }

    /// Appends everything, packed.
    pub fn write(&self, out: &mut Vec<u8>) {
        for section in [&self.ids, &self.changes, &self.templates, &self.firsts] {
            put_bytes(section, out);
        }
        let mut data = Vec::new();
        let mut directory = Vec::new();
        let met = self.met.iter().filter_map(|id| self.shapes.get(*id));
        for shape in met.flatten() {
            let changing = shape.columns.iter().filter(|column| !column.is_empty());
            put(changing.count() as u64, &mut directory);
            let mut before = 0;
            for (at, column) in shape
                .columns
                .iter()
                .enumerate()
                .filter(|(_, column)| !column.is_empty())
            {
                put((at - before) as u64, &mut directory);
                put(column.len() as u64, &mut directory);
                data.extend_from_slice(column);
                before = at;
            }
        }
        put_bytes(&directory, out);
        put_bytes(&data, out);
    }
}

impl Shape {
    /// Notes which fields changed, and how.
    fn add(&mut self, fields: &[&[u8]], changes: &mut Vec<u8>) {
        let changed = || {
            fields
                .iter()
                .zip(&self.last)
                .enumerate()
                .filter(|(_, (new, old))| *new != old)
        };
        put(changed().count() as u64, changes);
        let mut before = 0;
        for (at, _) in changed() {
            put((at - before) as u64, changes);
            before = at;
        }
        let states = self
            .last
            .iter_mut()
            .zip(&mut self.values)
            .zip(&mut self.columns);
        for (field, ((last, value), column)) in fields.iter().zip(states) {
            if field != last {
                value.change(field, column);
                last.clear();
                last.extend_from_slice(field);
            }
        }
    }
}

impl Value {
    /// Takes a new field's value, and writes how it differs to the field's column.
    fn change(&mut self, field: &[u8], column: &mut Vec<u8>) {
        match (&mut *self, Value::of(field)) {
            (
                Value::Number { value, width },
                Value::Number {
                    value: new,
                    width: padded,
                },
            ) => {
                let same_width = if *width == 0 {
                    padded == 0
                } else {
                    usize::from(*width) == field.len()
                };
                let difference = fold(new.wrapping_sub(*value) as i64);
                put(difference << 1 | u64::from(!same_width), column);
                if !same_width {
                    column.push(padded);
                    *width = padded;
                }
                *value = new;
            }
            (_, new) => {
                put_bytes(field, column);
                *self = new;
            }
        }
    }
}
