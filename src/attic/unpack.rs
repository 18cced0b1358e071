//! Packed texts come back, in order, byte for byte. Whatever the bytes are, no more comes out than was promised.

use super::number::{Cursor, Damage, unfold};
use super::pack::Value;
use super::split::{NUMBER_DIGITS_MAX, Part, parts};
use super::stock::{Known, Stock};

/// One template, what its fields held last, and what they change to.
#[derive(Debug)]
struct Shape<'a> {
    parts: Vec<Part<'a>>,
    values: Vec<Value>,
    columns: Vec<Cursor<'a>>,
}

/// Packed texts.
#[derive(Debug)]
pub struct Unpacker<'a> {
    stock: &'a Stock,
    /// By the template's number; those of the stock come first, and have none as long as they were not met.
    shapes: Vec<Option<Shape<'a>>>,
    /// Templates that the stock lacked.
    own: Vec<Known>,
    ids: Cursor<'a>,
    changes: Cursor<'a>,
    templates: Cursor<'a>,
    firsts: Cursor<'a>,
    directory: Cursor<'a>,
    data: Cursor<'a>,
    /// Bytes that may still come out.
    left: usize,
}

impl<'a> Unpacker<'a> {
    /// The texts that a packer with this stock has written, which have at most `bytes_max` bytes in all.
    ///
    /// # Errors
    /// It was not written by one.
    pub fn new(
        packed: &'a [u8],
        bytes_max: usize,
        stock: &'a Stock,
    ) -> Result<Unpacker<'a>, Damage> {
        let mut cursor = Cursor::new(packed);
        let mut section = || cursor.bytes().map(Cursor::new);
        Ok(Unpacker {
            stock,
            shapes: stock.known().iter().map(|_| None).collect(),
            own: Vec::new(),
            ids: section()?,
            changes: section()?,
            templates: section()?,
            firsts: section()?,
            directory: section()?,
            data: section()?,
            left: bytes_max,
        })
    }

    /// Appends the next text.
    ///
    /// # Errors
    /// The bytes are not what a packer wrote; what was appended then means nothing.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<(), Damage> {
        let line = self.ids.length()?;
        self.part(line, out)?;
        match self.ids.length()? {
            0 => Ok(()),
            rest => self.part(rest - 1, out),
        }
    }

    fn part(&mut self, id: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
        if id == self.shapes.len() {
            let shape = self.own_shape()?;
            self.shapes.push(Some(shape));
        } else {
            if let (Some(None), Some(known)) = (self.shapes.get(id), self.stock.known().get(id)) {
                let shape = self.shape(&known.template, &mut Cursor::new(&known.firsts))?;
                if let Some(place) = self.shapes.get_mut(id) {
                    *place = Some(shape);
                }
            }
            let shape = self.shapes.get_mut(id).and_then(Option::as_mut);
            let shape = shape.ok_or(Damage("a template is missing"))?;
            shape.change(&mut self.changes)?;
        }
        let before = out.len();
        if let Some(Some(shape)) = self.shapes.get(id) {
            shape.write(self.left, out)?;
        }
        self.left = self.left.saturating_sub(out.len() - before);
        Ok(())
    }

    /// The templates that the stock lacked, in the order in which they were met.
    pub fn into_own(self) -> Vec<Known> {
        self.own
    }

    /// Reads a template that nobody has met before.
    fn own_shape(&mut self) -> Result<Shape<'a>, Damage> {
        let template = self.templates.bytes()?;
        let mut behind = self.firsts;
        let shape = self.shape(template, &mut behind)?;
        let firsts = self.firsts.take(self.firsts.len() - behind.len())?;
        self.own.push(Known {
            template: template.into(),
            firsts: firsts.into(),
        });
        Ok(shape)
    }

    /// A template that is met here for the first time, with its first fields.
    fn shape(&mut self, template: &'a [u8], firsts: &mut Cursor<'a>) -> Result<Shape<'a>, Damage> {
        let parts: Vec<Part<'a>> = parts(template).collect();
        let fields = parts.iter().filter(|part| !matches!(part, Part::Text(_)));
        let mut values = Vec::new();
        for part in fields {
            let value = Value::of(firsts.bytes()?);
            if matches!(value, Value::Word(_)) && *part == Part::Number {
                return Err(Damage("a word stands for a number"));
            }
            values.push(value);
        }
        let mut columns = vec![Cursor::default(); values.len()];
        let mut at = 0_usize;
        for _ in 0..self.directory.length()? {
            at = at.saturating_add(self.directory.length()?);
            let length = self.directory.length()?;
            let column = columns.get_mut(at).ok_or(Damage("a field is missing"))?;
            *column = Cursor::new(self.data.take(length)?);
        }
        Ok(Shape {
            parts,
            values,
            columns,
        })
    }
}

impl Shape<'_> {
    /// Takes the fields that changed.
    fn change(&mut self, changes: &mut Cursor<'_>) -> Result<(), Damage> {
        let mut at = 0_usize;
        for _ in 0..changes.length()? {
            at = at.saturating_add(changes.length()?);
            let state = self.values.get_mut(at).zip(self.columns.get_mut(at));
            let (value, column) = state.ok_or(Damage("a field is missing"))?;
            value.follow(column)?;
        }
        Ok(())
    }

    fn write(&self, bytes_max: usize, out: &mut Vec<u8>) -> Result<(), Damage> {
        let end = out.len().saturating_add(bytes_max);
        let mut values = self.values.iter();
        for part in &self.parts {
            match (part, part.is_field().then(|| values.next()).flatten()) {
                (Part::Text(text), _) => out.extend_from_slice(text),
                (_, Some(value)) => value.write(out),
                (_, None) => return Err(Damage("a field is missing")),
            }
            if out.len() > end {
                return Err(Damage("it is larger than it says"));
            }
        }
        Ok(())
    }
}

impl Part<'_> {
    fn is_field(self) -> bool {
        !matches!(self, Part::Text(_))
    }
}

impl Value {
    /// Takes the next change of its column.
    fn follow(&mut self, column: &mut Cursor<'_>) -> Result<(), Damage> {
        match self {
            Value::Number { value, width } => {
                let change = column.number()?;
                if change & 1 == 1 {
                    *width = column.byte()?;
                }
                *value = value.wrapping_add(unfold(change >> 1) as u64);
                if *value >= 10_u64.pow(NUMBER_DIGITS_MAX as u32)
                    || usize::from(*width) > NUMBER_DIGITS_MAX
                {
                    return Err(Damage("a number is too large"));
                }
            }
            Value::Word(word) => {
                word.clear();
                word.extend_from_slice(column.bytes()?);
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Number { value, width } => {
                let mut digits = [b'0'; 20];
                let mut rest = *value;
                let mut used = 0;
                for digit in digits.iter_mut().rev() {
                    *digit = b'0' + (rest % 10) as u8;
                    rest /= 10;
                    used += 1;
                    if rest == 0 && used >= usize::from(*width) {
                        break;
                    }
                }
                out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
            }
            Value::Word(word) => out.extend_from_slice(word),
        }
    }
}
