//! What the log says from day to day, all made up. `~` and a letter is a slot, see [`crate::pen`].

use crate::Shape;
use crate::pen::{Chance, Template};
use crate::trace::{DISCONNECTS, FAILURES, kind};

/// Sentences rendered beforehand; with their slots filled, hardly two lines are alike.
const MESSAGES: usize = 6000;

/// The templates of one log.
pub struct Stock {
    /// One line each.
    pub messages: Vec<Template>,
    /// Stack traces of failures, which a filter must leave alone.
    pub kept: Vec<Template>,
    /// Disconnect records.
    pub noise: Vec<Template>,
}

impl Stock {
    /// `look_alikes` puts a lost database among the failures: its trace ends in the same words as the noise.
    pub fn new(shape: Shape, look_alikes: bool, chance: &mut Chance) -> Stock {
        if shape == Shape::Kinds {
            return Stock {
                messages: vec![kind()],
                kept: vec![kind()],
                noise: vec![kind()],
            };
        }
        let mut stock = Stock {
            messages: Vec::new(),
            kept: Vec::new(),
            noise: Vec::new(),
        };
        for _ in 0..MESSAGES {
            let (class, levels) = (chance.pick(CLASSES), *chance.pick(LEVELS));
            let mut text = head(shape, By::App, class, levels, chance);
            text.push_str(&message(chance));
            stock.messages.push(Template::new(&text));
        }
        for class in CLASSES {
            for failure in FAILURES
                .iter()
                .filter(|failure| look_alikes || !failure.looks_alike)
            {
                stock.kept.push(failure.record(shape, class, chance));
            }
            for failure in DISCONNECTS {
                stock.noise.push(failure.record(shape, class, chance));
            }
        }
        stock
    }
}

/// One line's text after its head, with its line ending.
fn message(chance: &mut Chance) -> String {
    let sentence = match chance.below(10) {
        0..=4 => format!(
            "{} {} {}",
            chance.pick(SUBJECTS),
            chance.pick(DEEDS),
            chance.pick(TAILS)
        ),
        5..=7 => (*chance.pick(SENTENCES)).to_owned(),
        8 => format!(
            "~I {} {} ~Nb ~Dms",
            chance.pick(REQUESTS),
            chance.pick(&[200, 200, 201, 304, 404])
        ),
        _ => format!("{} {}", chance.pick(SUBJECTS), chance.pick(PAYLOADS)),
    };
    sentence + "\n"
}

/// Who writes a record.
#[derive(Clone, Copy, PartialEq)]
pub enum By {
    /// The application, in one of Tomcat's threads.
    App,
    /// Tomcat itself.
    Tomcat,
    /// The application, in one of Jetty's threads.
    AppInJetty,
}

/// The start of a record up to its message: in Tomcat's own layout (it starts with `~J`) or the application's.
pub fn head(shape: Shape, by: By, class: &str, levels: [&str; 2], chance: &mut Chance) -> String {
    let port = chance.pick(&[8080, 8081, 8443]);
    let threads = match by {
        By::App | By::Tomcat => format!("nio-{port}-exec-"),
        By::AppInJetty => "qtp1830712962-".to_owned(),
    };
    let [juli_level, logback_level] = levels;
    if shape == Shape::Tomcat && chance.below(3) > 0 {
        let protocol = if by == By::AppInJetty { "" } else { "http-" };
        let method = chance.pick(METHODS);
        let logger = match by {
            By::Tomcat => "org.apache.catalina.core.StandardWrapperValve.invoke".to_owned(),
            By::App | By::AppInJetty => format!("com.example.lending.{class}.{method}"),
        };
        return format!("~J {juli_level} [{protocol}{threads}~T] {logger} ");
    }
    let logger = match by {
        By::Tomcat => "o.a.c.c.C.[.[.[/].[dispatcherServlet]".to_owned(),
        By::App | By::AppInJetty => format!("c.e.lending.{class}"),
    };
    format!("~L {logback_level:>5} 7 --- [{threads}~T] {logger:<40} : ")
}

const CLASSES: &[&str] = &[
    "LoanController",
    "ReaderController",
    "CatalogSearch",
    "CoverService",
    "ReminderJob",
    "SessionGuard",
    "ReportExport",
    "ReturnDesk",
];
/// As Tomcat and as Logback call them; most lines are of the first.
const LEVELS: &[[&str; 2]] = &[
    ["INFO", "INFO"],
    ["INFO", "INFO"],
    ["INFO", "INFO"],
    ["FINE", "DEBUG"],
    ["WARNING", "WARN"],
];
const METHODS: &[&str] = &[
    "run", "open", "renew", "search", "render", "store", "notify", "close", "check",
];
const SUBJECTS: &[&str] = &[
    "Reader ~N",
    "Session ~H",
    "The ~W importer",
    "Request ~H from ~I",
    "Loan ~N of reader ~N",
    "Connection ~D of the pool",
    "Background job ~N",
    "The index of branch ~D",
    "Socket listener on port 80~D",
    "Printer ~W at desk ~D",
    "Export ~H",
    "Client ~I",
];
const DEEDS: &[&str] = &[
    "asked for ~P",
    "read ~N entries from ~W",
    "was handed to thread ~T",
    "kept the connection open for ~D more requests",
    "wrote ~N bytes to the output stream",
    "opened a session and chose ~W as its language",
    "reset the password of account ~N",
    "waited ~D ms for a free connection",
    "found no entry named ~W in the cache, loading it",
    "moved ~D copies from ~W to ~W",
    "closed the reading room for ~W",
    "piped ~N lines through the ~W filter",
    "aborted the dry run as asked",
    "extended the loan by ~D days",
];
const TAILS: &[&str] = &[
    "in ~D ms",
    "(attempt ~D of 5)",
    "and reset its counter",
    "before the socket timeout of ~D s",
    "with ~N bytes left in the buffer",
    "for request ~H",
    "while ~W and ~W were busy",
    "at the request of ~I",
    "under transaction ~H, isolation READ_COMMITTED",
    "as part of batch ~N/~N",
    "because the ~W rule says so",
    "without an error",
];
const SENTENCES: &[&str] = &[
    "Connection pool main: ~D active, ~D idle, ~D waiting, oldest request ~N ms",
    "Mail 'reset your password' for account ~N queued as ~H",
    "Served ~P to ~I in ~D ms, ~N bytes, session ~H",
    "Cache ~W: ~N hits, ~N misses, ~D evictions since the last reset",
    "Slow statement (~N ms): SELECT id, title FROM book WHERE shelf = '~W' AND branch = ~D ORDER BY title",
    "The clock of gate ~D differs by ~D ms from ours",
    "Invalid card number from ~I at gate ~D, the reader is asked again",
    "Peer ~I speaks HTTP/1.1, keep-alive ~D s, socket buffer ~N",
    "User ~W logged in from ~I, last seen ~D days ago",
    "Translation of '~W' is missing in language file ~W, falling back to English",
    "GC pause ~D ms, heap ~N MB of 4096 MB",
    "Stream ~H ends after ~N events; the client said goodbye",
];
const REQUESTS: &[&str] = &[
    "\"GET ~P HTTP/1.1\"",
    "\"POST ~P HTTP/1.1\"",
    "\"HEAD ~P HTTP/2.0\"",
    "\"PUT ~P HTTP/1.1\"",
];
const PAYLOADS: &[&str] = &[
    r#"sent {"id":"~H","reader":~N,"items":[{"book":~N,"due":"in ~D days"},{"book":~N,"due":"in ~D days"}]}"#,
    r#"received {"event":"~W","source":{"ip":"~I","session":"~H"},"payload":{"path":"~P","bytes":~N}}"#,
    r#"published {"topic":"~W.~W","key":~N,"headers":{"trace":"~H","retry":~D},"error":null,"connection":"~W"}"#,
];
/// Ordinary words, some of which also occur in the messages of disconnects.
pub const WORDS: &str = "amber anchor archive atlas autumn balance basket beacon bicycle binding blanket border bottle
branch bridge broken bronze bucket canal candle canvas captain carbon castle cedar chamber channel chapter cinema
circle client clover coast comet compass connection copper corner cotton cradle crystal curtain daisy delta desert
diamond dinner dragon drawer eagle echo eclipse elm ember engine errand fabric falcon feather fiddle filter flute
forest fossil fountain gallery garden garnet ginger glacier granite gravel guitar hammer harbor harvest hazel helmet
hinge horizon index island ivory jacket jasmine journal jungle juniper kernel kettle kitchen ladder lagoon lantern
lattice ledger lemon library linen lobster magnet mantle maple marble meadow mirror mosaic mountain needle nickel
north nutmeg oasis ocean olive orchard orchid otter oyster paddle palace paper parcel pebble pepper pilot pipe planet
pocket prairie prism puzzle quarry quartz quilt rabbit raven request reset ribbon river rocket saddle saffron sandal
scarlet server session shadow silver socket spiral stable stream summer sunset table tablet talent temple thread
throne thunder timber tomato torrent tunnel turtle umbrella valley vapor velvet violet walnut walrus willow window
winter wisdom yellow zebra zephyr";
